import { expect, test } from 'vitest';
import { expiresAt } from './token-answer.ts';

test.each([
  [undefined, undefined],
  [NaN, undefined],
  [0, undefined],
  [-1, undefined],
  [60.9, 1_060],
  [1e300, 1_000 + 400 * 86_400],
])('expires_in %s', (expiresIn, expected) => {
  expect(expiresAt(1_000_000, expiresIn)).toBe(expected);
});
