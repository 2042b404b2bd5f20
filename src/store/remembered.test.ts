import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import { remembered, type Remembered } from './remembered.ts';
import { tempFolder } from './temp-home.testing.ts';

let paths: Remembered;
let now: number;
let made: number;

const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };

beforeEach(() => {
  const folder = tempFolder();
  paths = { source: join(folder, 'source'), copy: join(folder, 'copy'), clock };
  made = 0;
});

const LARGE = 300_000;

/** Writes the source, `age` milliseconds ago by the clock. */
function write(text: string, age = 10_000): void {
  writeFileSync(paths.source, text.padEnd(LARGE));
  now = statSync(paths.source).ctimeMs + age;
}

/** The first word of the source, and how often it was read so far. */
function firstWord(): string {
  return remembered(paths, () => {
    made += 1;
    return readFileSync(paths.source, 'utf8').split(' ')[0] ?? '';
  });
}

test('is made once, and anew for every change', () => {
  write('one');
  expect([firstWord(), firstWord(), made, statSync(paths.copy).mode & 0o777]).toEqual(['one', 'one', 1, 0o600]);
  write('two');
  expect([firstWord(), firstWord(), made]).toEqual(['two', 'two', 2]);
});

test('a change that keeps size and time of writing is seen', () => {
  write('one');
  const { atime, mtime } = statSync(paths.source);
  expect(firstWord()).toBe('one');
  write('two');
  utimesSync(paths.source, atime, mtime);
  expect([firstWord(), made]).toEqual(['two', 2]);
});

test.each([
  ['a file that has changed just now', 'one', 500],
  ['a file from the future', 'one', -60_000],
])('%s is read each time', (_, text, age) => {
  write(text, age);
  expect([firstWord(), firstWord(), made]).toEqual(['one', 'one', 2]);
});

test('a small file is read each time', () => {
  writeFileSync(paths.source, 'one and more');
  now = Date.now() + 60_000;
  expect([firstWord(), firstWord(), made]).toEqual(['one', 'one', 2]);
});

test('what is kept is believed only with its head', () => {
  write('one');
  for (const text of ['', 'other', `0.0.0 1 2 3 4 5\nother`]) {
    writeFileSync(paths.copy, text);
    expect(firstWord()).toBe('one');
  }
  expect(made).toBe(3);
});

test('a place that cannot be written costs nothing but time', () => {
  write('one');
  const elsewhere = { ...paths, copy: join(paths.source, 'copy') };
  expect(remembered(elsewhere, () => 'made')).toBe('made');
});

test('what is wrong with a place that cannot be looked at is left to whoever reads it', () => {
  now = Date.now();
  // Too long to be looked at, for root too.
  const unseen = { ...paths, source: paths.source + 'x'.repeat(300) };
  const failing = (): string => {
    throw new Error('said well');
  };
  expect(() => remembered(unseen, failing)).toThrow('said well');
});
