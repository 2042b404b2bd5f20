import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { systemClock, type Clock } from '../../clock.ts';
import { agentsFolder, lastUseFile, type Homes } from '../paths.ts';
import { ensurePrivateFolder } from '../files/permissions.ts';
import { tempHomes } from '../temp-home.testing.ts';
import { lastUse, LastUse } from './last-use.ts';

const KEY = 'edge.example.com';
const NOON = Date.UTC(2026, 10, 28, 12) / 1000;

let homes: Homes;
let seconds: number;

const clock: Clock = { ...systemClock, now: () => seconds * 1000 };

beforeEach(() => {
  homes = tempHomes();
  ensurePrivateFolder(agentsFolder(homes));
  seconds = NOON;
});

test('a use is written at once, and the next one in the same minute at the end', () => {
  const use = new LastUse(homes, KEY, clock, 'kept');
  expect(lastUse(homes, KEY)).toBeUndefined();
  use.note();
  expect(lastUse(homes, KEY)).toBe(NOON);
  for (const more of [1, 30, 59]) {
    seconds = NOON + more;
    use.note();
    use.saveIfOld();
    expect(lastUse(homes, KEY)).toBe(NOON);
  }
  use.save();
  expect(lastUse(homes, KEY)).toBe(NOON + 59);
});

test('what was not written is, when a minute has passed since the last time', () => {
  const use = new LastUse(homes, KEY, clock, 'kept');
  use.note();
  seconds = NOON + 40;
  use.note();
  seconds = NOON + 60;
  use.saveIfOld();
  expect(lastUse(homes, KEY)).toBe(NOON + 40);
});

test('an agent that was not used changes nothing, and another process counts', () => {
  new LastUse(homes, KEY, clock, 'kept').note();
  seconds = NOON + 30;
  const other = new LastUse(homes, KEY, clock, 'kept');
  other.saveIfOld();
  other.save();
  other.note();
  expect(lastUse(homes, KEY)).toBe(NOON);
  seconds = NOON + 600;
  other.note();
  expect(lastUse(homes, KEY)).toBe(NOON + 600);
});

test('a clock that was set back is believed', () => {
  const use = new LastUse(homes, KEY, clock, 'kept');
  use.note();
  seconds = NOON - 3600;
  use.note();
  expect(lastUse(homes, KEY)).toBe(NOON - 3600);
});

test('the file is empty and private, and nothing else is written', () => {
  new LastUse(homes, KEY, clock, 'kept').note();
  expect(readdirSync(agentsFolder(homes))).toEqual([`${KEY}.used`]);
  expect(readFileSync(lastUseFile(homes, KEY), 'utf8')).toBe('');
  expect(lstatSync(lastUseFile(homes, KEY)).mode & 0o777).toBe(0o600);
});

test('no link is followed, and no folder is the time of a use', () => {
  const elsewhere = join(homes.user, 'elsewhere');
  writeFileSync(elsewhere, '');
  const before = lstatSync(elsewhere).mtimeMs;
  symlinkSync(elsewhere, lastUseFile(homes, KEY));
  new LastUse(homes, KEY, clock, 'kept').note();
  expect([lastUse(homes, KEY), lstatSync(elsewhere).mtimeMs]).toEqual([undefined, before]);
  rmSync(lastUseFile(homes, KEY));
  ensurePrivateFolder(lastUseFile(homes, KEY));
  expect(lastUse(homes, KEY)).toBeUndefined();
});

test('a folder that is gone stays so for an agent, and is made by who has none', () => {
  rmSync(agentsFolder(homes), { recursive: true });
  new LastUse(homes, KEY, clock, 'kept').note();
  expect([existsSync(agentsFolder(homes)), lastUse(homes, KEY)]).toEqual([false, undefined]);
  new LastUse(homes, KEY, clock, 'made').note();
  expect([lstatSync(agentsFolder(homes)).mode & 0o777, lastUse(homes, KEY)]).toEqual([0o700, NOON]);
});

test('a home that takes no file does no harm', () => {
  rmSync(agentsFolder(homes), { recursive: true });
  writeFileSync(agentsFolder(homes), '');
  const use = new LastUse(homes, KEY, clock, 'made');
  use.note();
  use.save();
  expect([lastUse(homes, KEY), readFileSync(agentsFolder(homes), 'utf8')]).toEqual([undefined, '']);
});
