import { expect, test } from 'vitest';
import { ownClock } from '../../../agent/agent.testing.ts';
import { BeamError } from '../../../errors.ts';
import { runFleet, type Attempt, type FleetEnd } from './engine.ts';
import { Gate } from './gate.ts';

const late = (retryAfter?: number): BeamError =>
  new BeamError('server_error', 'too early', retryAfter === undefined ? { status: 429 } : { status: 429, retryAfter });
const trouble = (): BeamError => new BeamError('server_error', 'trouble', { status: 500 });
const over = (): BeamError => new BeamError('session_ended', 'over');

type Step = BeamError | Attempt<string>;

interface Options {
  readonly concurrency?: number;
  readonly stop?: AbortController;
}

/** A run over letters, each with what comes of its attempts, the last one again and again; time passes when it is told to. */
function run(steps: Readonly<Record<string, readonly Step[]>>, { concurrency = 1, stop = new AbortController() }: Options = {}) {
  const owned = ownClock();
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      void owned.sleep(ms).then(resolve);
    });
  const clock = { ...owned, sleep };
  const asked: string[] = [];
  const told: string[] = [];
  const waits: number[] = [];
  const tries = new Map<string, number>();
  const gate = new Gate({ clock, random: () => 0, signal: stop.signal });
  const end = runFleet<string, string>(Object.keys(steps), {
    clock,
    random: () => 0,
    gate,
    concurrency,
    stop: stop.signal,
    work: (one) => {
      asked.push(one);
      const many = tries.get(one) ?? 0;
      tries.set(one, many + 1);
      const step = steps[one]?.[many] ?? steps[one]?.at(-1) ?? { result: one };
      return step instanceof BeamError ? Promise.reject(step) : Promise.resolve(step);
    },
    onOutcome: ({ one, state }) => void told.push(`${one} ${state}`),
    onWait: (seconds) => void waits.push(seconds),
  });
  return { end, clock, asked, told, waits, stop };
}

/** Whatever was ready to go on has done so. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets time pass until the end of a run. */
async function through({ end, clock }: ReturnType<typeof run>): Promise<FleetEnd<string, string>> {
  let isOver = false;
  void end.finally(() => (isOver = true));
  for (let step = 0; step < 1_000; step += 1) {
    await settled();
    if (isOver as boolean) break;
    clock.advance(0.5);
  }
  return end;
}

const states = ({ outcomes }: FleetEnd<string, string>): string[] => outcomes.map(({ one, state }) => `${one} ${state}`);

test('who is told to wait makes all wait, and as long as it was said', async () => {
  const all = run({ a: [late(5), { result: 'a' }], b: [{ result: 'b' }], c: [{ result: 'c' }] }, { concurrency: 2 });
  await settled();
  // b was under way; c is not begun.
  expect(all.asked).toEqual(['a', 'b']);
  all.clock.advance(4.9);
  await settled();
  expect(all.asked).toEqual(['a', 'b']);
  all.clock.advance(0.2);
  await settled();
  expect(all.asked.toSorted()).toEqual(['a', 'a', 'b', 'c']);
  expect(states(await all.end)).toEqual(['a done', 'b done', 'c done']);
  expect(all.waits).toEqual([5]);
});

test('a wait of no said length doubles', async () => {
  const all = run({ a: [late(), late(), late(), { result: 'a' }] });
  expect(states(await through(all))).toEqual(['a done']);
  expect(all.waits).toEqual([1, 2, 4]);
});

test('trouble is tried four times, refusals once, and neither is in the way of others', async () => {
  const refused = new BeamError('forbidden', 'no');
  const all = run({ a: [trouble()], b: [refused], c: [{ result: 'c', again: true }], d: [{ result: 'd' }] });
  expect(states(await through(all))).toEqual(['a failed', 'b failed', 'c done', 'd done']);
  expect(all.asked.join('')).toBe('aaaabccccd');
});

test('what would come of all of them ends the run', async () => {
  const all = run({ a: [{ result: 'a' }], b: [over()], c: [{ result: 'c' }] });
  const end = await through(all);
  expect({ states: states(end), stopped: end.stopped?.code, told: all.told }).toEqual({
    states: ['a done', 'b failed', 'c left'],
    stopped: 'session_ended',
    told: ['a done', 'b failed'],
  });
});

test('a cloud that answers nobody ends the run', async () => {
  const names = 'abcdefghij'.split('');
  const all = run(Object.fromEntries(names.map((name) => [name, [trouble()]])));
  const end = await through(all);
  expect(end.stopped?.message).toBe('trouble');
  expect(states(end).filter((state) => state.endsWith('left'))).toHaveLength(7);
});

test('called off, nothing more is begun, and what waits is left', async () => {
  const all = run({ a: [late(3_600)], b: [{ result: 'b' }] });
  await settled();
  all.stop.abort();
  expect(states(await through(all))).toEqual(['a left', 'b left']);
});
