import { afterEach, expect, test } from 'vitest';
import { ownClock } from '../../agent/agent.testing.ts';
import { createStyle } from '../output/style.ts';
// Loaded here, so that the moment at which it appears is the clock's alone.
import './indicator.ts';
import { createWaiting } from './waiting.ts';

const open: (() => void)[] = [];

afterEach(() => {
  for (const end of open.splice(0)) end();
});

/** A terminal that is watched, or not, without colours: a line for what is new. Time passes only when it is told to. */
function watched({ interactive = true, quiet = false } = {}) {
  const clock = ownClock();
  const shown: string[] = [];
  const waiting = createWaiting({
    output: { interactive, errorStyle: createStyle(false), note: (line) => void shown.push(line), under: () => undefined },
    clock,
    interrupt: { signal: new AbortController().signal, leaving: () => () => undefined, stopping: () => () => undefined },
    isQuiet: () => quiet,
  });
  /** Begins something; gives what ends it. */
  const begin = (line: string): (() => Promise<void>) => {
    let end = (): void => undefined;
    const work = waiting({ line }, () => new Promise<void>((resolve) => (end = resolve)));
    open.push(() => {
      end();
    });
    return () => {
      end();
      return work;
    };
  };
  const pass = async (ms: number): Promise<readonly string[]> => {
    clock.advance(ms / 1000);
    await settled();
    return shown;
  };
  return { begin, pass };
}

/** Whatever was ready to go on has done so. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test('nothing is said for 149 ms, and at 150 what is waited for', async () => {
  const { begin, pass } = watched();
  begin('Asking the edge');
  expect(await pass(149)).toEqual([]);
  expect(await pass(1)).toEqual(['Asking the edge']);
});

test('what ends before is never mentioned', async () => {
  const { begin, pass } = watched();
  const end = begin('Asking the edge');
  await pass(149);
  await end();
  expect(await pass(10_000)).toEqual([]);
});

test('steps that follow each other within 50 ms are one wait, after a longer pause they are not', async () => {
  const close = watched();
  await close.pass(0);
  const first = close.begin('One');
  await close.pass(100);
  await first();
  await close.pass(49);
  close.begin('Two');
  expect(await close.pass(1)).toEqual(['Two']);

  const apart = watched();
  const before = apart.begin('One');
  await apart.pass(100);
  await before();
  await apart.pass(51);
  apart.begin('Two');
  expect(await apart.pass(149)).toEqual([]);
  expect(await apart.pass(1)).toEqual(['Two']);
});

test('of what goes on at once, the last is said, and then what is left', async () => {
  const { begin, pass } = watched();
  begin('Outer');
  const inner = begin('Inner');
  expect(await pass(150)).toEqual(['Inner']);
  await inner();
  expect(await pass(2_000)).toEqual(['Inner', 'Outer']);
});

test.each([{ interactive: false }, { quiet: true }])('nobody is told who does not watch: %o', async (who) => {
  const { begin, pass } = watched(who);
  begin('Asking the edge');
  expect(await pass(60_000)).toEqual([]);
});
