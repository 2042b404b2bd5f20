/**
 * Turns work on many into work on one that many ask for at once: the first is done at once, and what is asked for meanwhile is
 * done together after it. For what costs as much for a hundred as for one, such as a lock and a write to the disk.
 *
 * @param work - gives a result for each item, in their order; what it throws is thrown to all of them
 */
export function inBatches<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
): (key: string, item: Item) => Promise<Result> {
  /** By key: those that wait for the batch which is under way. */
  const waiting = new Map<string, Asked<Item, Result>[]>();
  const drain = async (key: string, first: Asked<Item, Result>): Promise<void> => {
    const queue: Asked<Item, Result>[] = [];
    waiting.set(key, queue);
    for (let batch = [first]; batch.length > 0; batch = queue.splice(0)) await settle(work, batch);
    waiting.delete(key);
  };
  return (key, item) =>
    new Promise((resolve, reject) => {
      const asked = { item, resolve, reject };
      const queue = waiting.get(key);
      if (queue === undefined) void drain(key, asked);
      else queue.push(asked);
    });
}

interface Asked<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Never rejects. */
async function settle<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  batch: readonly Asked<Item, Result>[],
): Promise<void> {
  try {
    const results = await work(batch.map(({ item }) => item));
    // As many as there are items.
    for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
  } catch (error) {
    for (const { reject } of batch) reject(error);
  }
}
