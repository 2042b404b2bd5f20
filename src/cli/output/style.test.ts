import { expect, test } from 'vitest';
import { createStyle, wantsColour } from './style.ts';

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ NO_COLOR: '1' }, true, false],
  [{ NO_COLOR: '' }, true, true],
  [{ TERM: 'dumb' }, true, false],
  [{ CI: 'true' }, true, false],
  [{ CI: 'false' }, true, true],
  [{ FORCE_COLOR: '1' }, false, true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1', CI: '1' }, false, true],
  [{ FORCE_COLOR: '0' }, true, false],
])('colour with %o, terminal %s: %s', (env, isTTY, wanted) => {
  expect(wantsColour(env, isTTY)).toBe(wanted);
});

test('tables line up with and without colour, and have no trailing blanks', () => {
  const rows = (paint: (text: string) => string): string[][] => [
    [paint('acme'), 'admin'],
    ['日本', ''],
    ['e\u0301🙂', 'combined'],
    ['x', 'member', 'last'],
  ];
  const plain = createStyle(false);
  expect(plain.table(rows(plain.bold), ['ORG', 'ROLE'])).toBe(
    'ORG   ROLE\nacme  admin\n日本\ne\u0301🙂   combined\nx     member    last',
  );
  const colour = createStyle(true);
  expect(colour.table(rows(colour.bold))).toBe(
    '\u001b[1macme\u001b[22m  admin\n日本\ne\u0301🙂   combined\nx     member    last',
  );
});

test('pairs leave out what is not there', () => {
  expect(
    createStyle(false).pairs([
      ['Server', 'a'],
      ['Org', undefined],
      ['Id', 'b'],
    ]),
  ).toBe('Server  a\nId      b');
});

test('no empty text is coloured', () => {
  expect(createStyle(true).red('')).toBe('');
});
