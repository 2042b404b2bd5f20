/** The log of an agent: what is kept, and what becomes of it where it cannot be written. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { agentLog, agentsFolder, type Homes } from '../../store/paths.ts';
import { ownClock, type OwnedClock } from '../agent.testing.ts';
import { logLine, parseLogLine, type LogEvent } from './log-line.ts';
import { logFiles, noteInLog, openLog } from './log.ts';

const KEY = 'edge.example.com';
const LIMIT = 256 * 1024;

let homes: Homes;
let path: string;
let clock: OwnedClock;

beforeEach(() => {
  const user = mkdtempSync(join(tmpdir(), 'log-'));
  homes = { user, beamd: join(user, '.beamd'), runbeam: join(user, '.runbeam') };
  mkdirSync(agentsFolder(homes), { recursive: true, mode: 0o700 });
  path = agentLog(homes, KEY);
  clock = ownClock();
});

afterEach(() => rmSync(homes.user, { recursive: true }));

const text = (file = path): string => readFileSync(file, 'utf8');
const modes = (): string[] =>
  readdirSync(agentsFolder(homes)).map(
    (name) => `${name} ${(statSync(join(agentsFolder(homes), name)).mode & 0o777).toString(8)}`,
  );

describe('a log', () => {
  test('has a line an event, and only its user may read it', () => {
    const log = openLog(path, clock);
    log.write('started', { pid: 7, version: '1.2.3' });
    clock.advance(61);
    log.write('stopped');
    expect(text()).toBe('2026-01-01T00:00:00.000Z started pid=7 version=1.2.3\n2026-01-01T00:01:01.000Z stopped\n');
    expect(modes()).toEqual([`${KEY}.log 600`]);
  });

  test('that has grown is kept once, with every line of both files', () => {
    const log = openLog(path, clock);
    const size = logLine(clock.now(), 'refreshed', { number: 1_000 }).length;
    const count = 2 * Math.ceil((LIMIT + 1) / size) + 5;
    for (let number = 0; number < count; number += 1) log.write('refreshed', { number: 1_000 + number });
    const numbers = logFiles(path)
      .toReversed()
      .flatMap((file) => text(file).trimEnd().split('\n'))
      .map((line) => parseLogLine(line).detail['number']);
    const first = Number(numbers[0]);
    expect(numbers).toEqual(Array.from({ length: 1_000 + count - first }, (_, index) => first + index));
    expect(text(`${path}.1`).length).toBeLessThanOrEqual(LIMIT + size);
    expect(modes()).toEqual([`${KEY}.log 600`, `${KEY}.log.1 600`]);
  });

  test('that cannot be written stops nobody, and says later what is missing', () => {
    mkdirSync(path);
    const log = openLog(path, clock);
    log.write('started');
    clock.advance(5);
    log.write('idle');
    log.catchUp();
    rmdirSync(path);
    clock.advance(5);
    log.catchUp();
    log.catchUp();
    log.write('stopped');
    expect(text()).toBe(
      '2026-01-01T00:00:10.000Z not logged lines=2 since=2026-01-01T00:00:00.000Z\n2026-01-01T00:00:10.000Z stopped\n',
    );
  });

  test('whose place a link has taken writes nothing elsewhere', () => {
    const elsewhere = join(homes.user, 'elsewhere');
    writeFileSync(elsewhere, 'as it was');
    symlinkSync(elsewhere, path);
    openLog(path, clock).write('started');
    noteInLog(homes, KEY, clock, 'locked');
    expect(text(elsewhere)).toBe('as it was');
  });
});

describe('what a command notes', () => {
  test('is in the log of an agent that runs, and of one that does not', () => {
    rmdirSync(agentsFolder(homes));
    noteInLog(homes, KEY, clock, 'wrong passphrase');
    openLog(path, clock).write('started');
    noteInLog(homes, KEY, clock, 'unlocked');
    const at = '2026-01-01T00:00:00.000Z';
    expect(text()).toBe(`${at} wrong passphrase\n${at} started\n${at} unlocked\n`);
    expect(modes()).toEqual([`${KEY}.log 600`]);
  });

  test('rotates nothing, and is left out of a log that nobody has rotated', () => {
    writeFileSync(path, 'x'.repeat(LIMIT + 1), { mode: 0o600 });
    noteInLog(homes, KEY, clock, 'locked');
    expect([readdirSync(agentsFolder(homes)), text().endsWith(' locked\n')]).toEqual([[`${KEY}.log`], true]);
    writeFileSync(path, 'x'.repeat(2 * LIMIT + 1));
    noteInLog(homes, KEY, clock, 'locked');
    expect(text()).toBe('x'.repeat(2 * LIMIT + 1));
  });
});

describe('a line', () => {
  const names = fc.stringMatching(/^[a-z_]{1,12}$/);
  const values = fc.oneof(fc.nat(), fc.stringMatching(/^[A-Za-z][A-Za-z0-9.:-]{0,12}( [A-Za-z0-9.:-]{1,6}){0,3}$/));

  test('is read as it was written', () => {
    const events: LogEvent[] = ['started', 'refresh failed', 'wrong passphrase'];
    fc.assert(
      fc.property(
        fc.constantFrom(...events),
        fc.dictionary(names, values, { maxKeys: 4, noNullPrototype: true }),
        (event, detail) => {
          const line = logLine(clock.now(), event, detail).trimEnd();
          expect(parseLogLine(line)).toEqual({ time: '2026-01-01T00:00:00.000Z', event, detail });
        },
      ),
    );
  });

  test.each([
    ['that is none of ours', 'hello', { event: 'hello', detail: {} }],
    ['with a day that there is not', '2026-99-01T00:00:00.000Z x', { event: '2026-99-01T00:00:00.000Z x', detail: {} }],
    ['with what acts on a terminal', '\u001b[2Jhello', { event: '[2Jhello', detail: {} }],
    ['that is empty', '', { event: '', detail: {} }],
  ])('%s is taken as a text', (_, line, read) => {
    expect(parseLogLine(line)).toEqual(read);
  });
});
