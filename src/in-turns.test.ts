import { expect, test } from 'vitest';
import { inBatches } from './in-turns.ts';

/** Work that ends when it is told to, and what it was given. */
function held() {
  const batches: (readonly number[])[] = [];
  const ends: ((results: readonly number[]) => void)[] = [];
  const add = inBatches<number, number>((take) => {
    batches.push(take());
    return new Promise((resolve) => ends.push(resolve));
  });
  const end = async (results: readonly number[]): Promise<void> => {
    ends.shift()?.(results);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { add, batches, end };
}

test('what is asked for while a batch is under way is the next one; each gets its own result', async () => {
  const { add, batches, end } = held();
  const results = [add('a', 1), add('a', 2), add('a', 3)];
  expect(batches).toEqual([[1]]);
  await end([10]);
  expect(batches).toEqual([[1], [2, 3]]);
  await end([20, 30]);
  expect(await Promise.all(results)).toEqual([10, 20, 30]);
  void add('a', 4);
  expect(batches).toEqual([[1], [2, 3], [4]]);
});

test('those with another key do not wait', () => {
  const { add, batches } = held();
  void add('a', 1);
  void add('b', 2);
  expect(batches).toEqual([[1], [2]]);
});

test('a failure is told to all of a batch, and to nobody after it', async () => {
  let fails = true;
  const add = inBatches<number, number>((take) => (fails ? Promise.reject(new Error('no')) : Promise.resolve(take())));
  const first = await Promise.allSettled([add('a', 1), add('a', 2)]);
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await add('a', 3)).toBe(3);
});

test('who comes before the work takes its items is among them', async () => {
  let ready = (): void => undefined;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const add = inBatches<number, number>(async (take) => {
    await isReady;
    const items = take();
    return items.map((item) => item * items.length);
  });
  const results = [add('a', 1), add('a', 2), add('a', 3)];
  ready();
  expect(await Promise.all(results)).toEqual([3, 6, 9]);
});
