import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { ownClock, type OwnedClock } from '../../agent/agent.testing.ts';
import { failure } from '../../errors.testing.ts';
import { agentLog, agentsFolder } from '../../store/paths.ts';
import { saveAccount, testContexts, type TestContext } from '../services.testing.ts';
import { followAgentLog, readAgentLog, type AgentLogInput } from './log.ts';
import { LogTail } from './log-tail.ts';
import { parseSince } from './since.ts';

const contextFor = testContexts();
const EDGE = 'edge.example.com';

let context: TestContext & { readonly clock: OwnedClock };
let path: string;

beforeEach(async () => {
  context = { ...contextFor(), clock: ownClock() };
  const { key } = await saveAccount(context, EDGE);
  mkdirSync(agentsFolder(context.homes), { mode: 0o700 });
  path = agentLog(context.homes, key);
});

const add = (...lines: string[]): void => appendFileSync(path, lines.map((line) => `${line}\n`).join(''));
const rotate = (): void => renameSync(path, `${path}.1`);

describe('the end of a log', () => {
  const read = async (input: AgentLogInput): Promise<readonly string[]> => (await readAgentLog(context, input)).lines;

  test('that an agent never wrote is empty', async () => {
    expect(await readAgentLog(context, {})).toEqual({ server: EDGE, path, lines: [] });
  });

  test('goes back into the older file', async () => {
    add('one', 'two');
    rotate();
    add('three', '', 'four');
    expect(await read({ lines: 3 })).toEqual(['two', 'three', 'four']);
    rmSync(path);
    expect(await read({ lines: 3 })).toEqual(['one', 'two']);
  });

  test('has a hundred lines, and all since a moment', async () => {
    const at = (second: number): string =>
      `2025-12-31T23:${String(50 + Math.floor(second / 60))}:${String(second % 60).padStart(2, '0')}.000Z n=1`;
    const lines = Array.from({ length: 300 }, (_, second) => at(second));
    add('of nobody', ...lines);
    expect(await read({})).toEqual(lines.slice(-100));
    expect(await read({ since: '8 min' })).toEqual(lines.slice(120));
    expect(await read({ since: '2025-12-31 23:54:58', lines: 1 })).toEqual(lines.slice(-1));
    expect(await read({ since: '1d' })).toEqual(lines);
  });

  test('is not that of another file that a link leads to', async () => {
    const other = join(context.homes.user, 'other');
    writeFileSync(other, 'x\n');
    symlinkSync(other, path);
    expect(await failure(() => readAgentLog(context, {}))).toMatchObject({ code: 'unsafe_path' });
  });
});

describe('a log that is followed', () => {
  let stop: AbortController;
  let following: AsyncGenerator<{ readonly lines: readonly string[] }>;
  const begin = (input: AgentLogInput = {}): void => {
    stop = new AbortController();
    // The test owns the time: whoever waits is woken by the next thing that happens.
    const sleep = async (_: number, signal?: AbortSignal): Promise<void> => {
      await new Promise(setImmediate);
      signal?.throwIfAborted();
    };
    following = followAgentLog({ ...context, signal: stop.signal, clock: { ...context.clock, sleep } }, input);
  };
  const next = async (): Promise<readonly string[] | undefined> => {
    const result = await following.next();
    return result.done === true ? undefined : result.value.lines;
  };

  test('goes on where it began, through rotations, an end, an emptied file and one that is removed', async () => {
    add('one', 'two');
    begin({ lines: 1 });
    expect(await next()).toEqual(['two']);
    add('three');
    expect(await next()).toEqual(['three']);
    add('four');
    rotate();
    add('five');
    expect(await next()).toEqual(['four', 'five']);
    add('six');
    rotate();
    add('seven');
    rotate();
    add('eight');
    expect(await next()).toEqual(['six', 'seven', 'eight']);
    writeFileSync(path, '');
    add('9');
    expect(await next()).toEqual(['9']);
    rmSync(path);
    rmSync(`${path}.1`);
    add('ten');
    expect(await next()).toEqual(['ten']);
    stop.abort();
    expect(await next()).toBeUndefined();
  });

  test('of an agent that has not written yet begins with its first line, once that is whole', async () => {
    begin();
    const first = next();
    appendFileSync(path, 'half a l');
    await new Promise(setImmediate);
    appendFileSync(path, 'ine\n');
    expect(await first).toEqual(['half a line']);
    await following.return(undefined);
  });

  test('has each line once, however it is cut and rotated', () => {
    const tail = new LogTail([path, `${path}.1`]);
    const seen: string[] = [];
    const lines = Array.from({ length: 2_000 }, (_, number) => `${String(number)} ü ${'x'.repeat(number % 90)}`);
    for (const [number, line] of lines.entries()) {
      const bytes = Buffer.from(`${line}\n`);
      appendFileSync(path, bytes.subarray(0, number % bytes.length));
      if (number % 3 === 0) seen.push(...tail.read());
      appendFileSync(path, bytes.subarray(number % bytes.length));
      if (number % 7 === 0) seen.push(...tail.read());
      if (number % 50 === 0) rotate();
    }
    seen.push(...tail.read());
    tail.close();
    expect(seen).toEqual(lines);
  });
});

describe('since', () => {
  const now = Date.UTC(2026, 0, 1);
  test.each([
    ['90s', now - 90_000],
    ['30m', now - 1_800_000],
    ['12 min', now - 720_000],
    ['2h', now - 7_200_000],
    ['3 d', now - 259_200_000],
    ['2025-12-31', Date.UTC(2025, 11, 31)],
    ['2025-12-31 10:00 UTC', Date.UTC(2025, 11, 31, 10)],
    ['2025-12-31T10:00:00.5+02:00', Date.UTC(2025, 11, 31, 8, 0, 0, 500)],
  ])('%s', (text, moment) => {
    expect(parseSince(text, now)).toBe(moment);
  });

  test.each(['', 'yesterday', '2h ago', '-1h', '2025-13-01', '2025-12-31T10:00:00+2', '99999999999d'])('%j is none', (text) => {
    expect(() => parseSince(text, now)).toThrow('--since takes a span');
  });
});
