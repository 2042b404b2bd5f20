import { expect, test } from 'vitest';
import { helpWidth } from './config.ts';

test.each([
  [{}, undefined, 80],
  [{}, 120, 120],
  [{ COLUMNS: '100' }, 120, 100],
  [{ COLUMNS: '7' }, 120, 40],
  [{ COLUMNS: '1000' }, undefined, 200],
  [{ COLUMNS: 'wide' }, 120, 120],
  [{ COLUMNS: '0' }, 120, 120],
  [{ COLUMNS: '' }, undefined, 80],
  [{}, 0, 40],
])('help for %o on a terminal of %s columns is %s wide', (env, columns, wanted) => {
  expect(helpWidth(env, columns)).toBe(wanted);
});
