import fc from 'fast-check';
import * as v from 'valibot';
import { afterEach, expect, test, vi } from 'vitest';
import { timeSchema } from '../json/parts/values.ts';
import { BeamError } from '../../errors.ts';
import { daysLeft, moment, rfc3339, said, span, spanLeft } from './time.ts';

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

const [MINUTE, HOUR, DAY] = [60, 3_600, 86_400];

test.each([
  [30 * DAY, '30 days'],
  // The clock of whoever says when it ends is a little ahead.
  [30 * DAY + 20, '30 days'],
  [30 * DAY - 1, '30 days'],
  [29 * DAY + HOUR, '30 days'],
  [29 * DAY, '29 days'],
  [2 * DAY, '2 days'],
  [DAY + HOUR, '25 h'],
  [DAY, '1 day'],
  [DAY - 1, '1 day'],
  [8 * HOUR - 0.2, '8 h'],
  [7 * HOUR, '7 h'],
  [2 * HOUR - MINUTE, '119 min'],
  [HOUR, '1 h'],
  [HOUR - MINUTE, '59 min'],
  [MINUTE, '1 min'],
  [59.5, '1 min'],
  [59, '59 s'],
  [0.5, '1 s'],
  [0, '0 s'],
  [-5, '0 s'],
])('of %d seconds %s are left', (seconds, text) => {
  expect(spanLeft(seconds)).toBe(text);
});

test('as much is left at first as was given, and until one of it has gone', () => {
  const unit = fc.constantFrom([MINUTE, 'min', 59], [HOUR, 'h', 23], [DAY, 'days', 400]);
  fc.assert(
    fc.property(
      unit,
      fc.integer({ min: 2, max: 400 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      ([size, name, most], n, gone) => {
        const count = Math.min(n, most);
        const whole = count * size;
        const left = [whole, count > 2 ? whole - gone * size : whole].map(spanLeft);
        expect(left).toEqual([`${count} ${name}`, `${count} ${name}`]);
      },
    ),
  );
  fc.assert(fc.property(fc.integer({ min: 2 * DAY, max: 400 * DAY }), (left) => spanLeft(left) === `${daysLeft(left)} days`));
});

test('an error tells its moment by the clock of the reader, whoever made it; programs get RFC 3339', () => {
  vi.stubEnv('TZ', 'Asia/Tokyo');
  const error = new BeamError('session_ended', `Your session ended at ${rfc3339(AT - 7_200)}, says edge`, { at: AT - 7_200 });
  const taken = new BeamError('session_ended', `${error.message}. Nothing was stored`, { cause: error });
  const texts = [error, taken].map((each) => said(each, NOW));
  const when = '2 h ago (2026-11-27 17:00), says edge';
  expect(texts).toEqual([`Your session ended ${when}`, `Your session ended ${when}. Nothing was stored`]);
  expect(error.toJSON().message).toBe('Your session ended at 2026-11-27T08:00:00Z, says edge');
});

test.each([
  ['UTC', AT + 12 * 86_400, 'in 12 days (2026-12-09 10:00)'],
  ['Asia/Kolkata', '2026-12-09T10:00:00Z', 'in 12 days (2026-12-09 15:30)'],
  ['America/St_Johns', AT - 7_200, '2 h ago (2026-11-27 04:30)'],
  ['America/New_York', '2026-07-01T12:00:00+02:00', '149 days ago (2026-07-01 06:00)'],
  ['UTC', 253_402_300_800, 'in 2912113 days (+010000-01-01 00:00)'],
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
