import fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, expect, test, vi } from 'vitest';
import { timeSchema } from '../json/parts.ts';
import { moment, rfc3339, span } from './time.ts';

const NOW = Date.parse('2026-11-27T10:00:00Z');
const AT = NOW / 1000;

afterEach(() => vi.unstubAllEnvs());

test.each([
  [0, '0 s'],
  [59.9, '59 s'],
  [60, '1 min'],
  [3599, '59 min'],
  [7200, '2 h'],
  [100_000, '1 day'],
  [200_000, '2 days'],
  [-5, '0 s'],
])('%d seconds are %s', (seconds, text) => {
  expect(span(seconds)).toBe(text);
});

test.each([
  ['UTC', AT + 12 * 86_400, 'in 12 days (2026-12-09 10:00)'],
  ['Asia/Kolkata', '2026-12-09T10:00:00Z', 'in 12 days (2026-12-09 15:30)'],
  ['America/St_Johns', AT - 7_200, '2 h ago (2026-11-27 04:30)'],
  ['America/New_York', '2026-07-01T12:00:00+02:00', '149 days ago (2026-07-01 06:00)'],
  ['UTC', 253_402_300_800, 'in 2912112 days (+010000-01-01 00:00)'],
  ['UTC', 'soon\u001b', 'soon'],
  ['UTC', Number.NaN, 'NaN'],
  ['UTC', 1e300, '1e+300'],
])('in %s %j is %s', (zone, time, text) => {
  vi.stubEnv('TZ', zone);
  expect(moment(time, NOW)).toBe(text);
});

test('any number of seconds becomes a time that JSON can have', () => {
  expect([rfc3339(AT + 0.9), rfc3339(undefined)]).toEqual(['2026-11-27T10:00:00Z', undefined]);
  expect([rfc3339(-1e300), rfc3339(1e300)]).toEqual(['0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z']);
  fc.assert(fc.property(fc.oneof(fc.integer(), fc.double({ noNaN: true })), (seconds) => v.is(timeSchema, rfc3339(seconds))));
});
