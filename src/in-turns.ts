/**
 * Does work on each, at most `atOnce` at a time, and gives the results in the order of what they are of. What the work throws
 * is thrown, and nothing more is begun.
 */
export async function inTurns<T, R>(all: readonly T[], atOnce: number, work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = all.entries();
  let failed = false;
  const turn = async (): Promise<void> => {
    for (const [index, one] of left) {
      if (failed) return;
      try {
        results[index] = await work(one);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, all.length) }, turn));
  return results;
}
