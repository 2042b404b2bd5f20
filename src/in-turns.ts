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

/**
 * Turns work on many into work on one that many ask for at once: what is asked for while it is being done for others waits, and
 * is done together after that. For what costs as much for a hundred as for one, such as a lock and a write to the disk.
 *
 * @param work - takes the items when it is ready for them, once, and gives a result for each, in their order; the first it is
 *   told before. What it throws is thrown to all of them
 */
export function inBatches<Item, Result>(
  work: (take: () => readonly Item[], first: Item) => Promise<readonly Result[]>,
): (key: string, item: Item) => Promise<Result> {
  /** By key: those that are waiting, while there is somebody at work. */
  const queues = new Map<string, Asked<Item, Result>[]>();
  const drain = async (key: string, queue: Asked<Item, Result>[]): Promise<void> => {
    queues.set(key, queue);
    while (queue.length > 0) await doTogether(work, queue);
    queues.delete(key);
  };
  return (key, item) =>
    new Promise((resolve, reject) => {
      const asked = { item, resolve, reject };
      const queue = queues.get(key);
      if (queue === undefined) void drain(key, [asked]);
      else queue.push(asked);
    });
}

interface Asked<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Never rejects. */
async function doTogether<Item, Result>(
  work: (take: () => readonly Item[], first: Item) => Promise<readonly Result[]>,
  queue: Asked<Item, Result>[],
): Promise<void> {
  const [first] = queue;
  if (first === undefined) return;
  let batch: Asked<Item, Result>[] | undefined;
  const take = (): readonly Item[] => {
    batch ??= queue.splice(0);
    return batch.map(({ item }) => item);
  };
  try {
    const results = await work(take, first.item);
    // As many as there are items.
    for (const [index, { resolve }] of (batch ?? []).entries()) resolve(results[index] as Result);
  } catch (error) {
    for (const { reject } of batch ?? queue.splice(0)) reject(error);
  }
}
