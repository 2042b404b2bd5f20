import { expect, test } from 'vitest';
import { clampExpiry, clampInterval, expiresAt } from './limits.ts';

test.each([
  [600, 600],
  [0, 1],
  [-5, 1],
  [1800, 1800],
  [2_592_000, 1800],
  [Infinity, 1800],
])('a login of %d s takes at most %d s', (given, used) => {
  expect(clampExpiry(given)).toBe(used);
});

test.each([
  [undefined, 5],
  [0, 1],
  [0.2, 1],
  [5, 5],
  [5_000_000, 60],
])('an interval of %s s is %d s', (given, used) => {
  expect(clampInterval(given)).toBe(used);
});

test.each([
  [undefined, undefined],
  [NaN, undefined],
  [0, 1_000],
  [-1, 1_000],
  [60.9, 1_060],
  [1e300, 1_000 + 400 * 86_400],
])('expires_in %s', (expiresIn, expected) => {
  expect(expiresAt(1_000_000, expiresIn)).toBe(expected);
});
