import { expect, test } from 'vitest';
import type { HttpResponse } from '../http.ts';
import { clockSkewOf, watchClock } from './clock-skew.ts';

const NOON = Date.UTC(2026, 0, 1, 12);

/** One answer with these headers; `took` is how long it took, milliseconds. */
async function skewAfter(headers: HttpResponse['headers'], took = 0): Promise<object> {
  let now = NOON;
  const clock = { now: () => now, elapsed: () => now, sleep: () => Promise.resolve() };
  const watch = watchClock(() => {
    now += took;
    return Promise.resolve({ status: 200, headers, text: '' });
  }, clock);
  expect(clockSkewOf(watch)).toEqual({});
  await watch.http({ url: 'https://edge.example.com/' });
  return clockSkewOf(watch);
}

const at = (seconds: number): { date: string } => ({ date: new Date(NOON + seconds * 1000).toUTCString() });

test.each([
  ['the same time', at(0), 0, {}],
  ['a minute behind', at(60), 0, {}],
  ['more than a minute behind', at(61), 0, { clockSkew: -61 }],
  ['a minute ahead, the server having cut a second', at(-61), 0, {}],
  ['an hour ahead', at(-3_600), 0, { clockSkew: 3_599 }],
  ['a slow answer, dated at its start', at(0), 120_000, {}],
  ['a slow answer, dated at its end', at(120), 120_000, {}],
  ['a slow answer and a clock behind', at(300), 120_000, { clockSkew: -180 }],
  ['no date', {}, 0, {}],
  ['no such date', { date: 'yesterday' }, 0, {}],
  ['an answer out of a cache', { ...at(-3_600), age: '3600' }, 0, {}],
])('%s', async (_, headers, took, expected) => {
  expect(await skewAfter(headers, took)).toEqual(expected);
});
