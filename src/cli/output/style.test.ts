import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { createStyle, hintLine, wantsColour } from './style.ts';

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

test('marks lead what was done, what is to be looked at and what failed, in ASCII where there is no more', () => {
  const marked = (colour: boolean, unicode: boolean): string[] => {
    const { done, warning, failed } = createStyle(colour, unicode);
    return [done('a'), warning('b'), failed('c')];
  };
  expect(marked(false, true)).toEqual(['✓ a', '! b', '✗ c']);
  expect(marked(false, false)).toEqual(['+ a', '! b', 'x c']);
  expect(marked(true, true)).toEqual(['\u001b[32m✓\u001b[39m a', '\u001b[33m!\u001b[39m b', '\u001b[31m✗\u001b[39m c']);
});

test('the next step is a command to run, or words', () => {
  expect(hintLine({ command: 'beamd login\u001b[2J' })).toBe('Run: beamd login[2J');
  expect(hintLine({ text: 'Look' })).toBe('Hint: Look');
});

test('no empty text is coloured', () => {
  expect(createStyle(true).red('')).toBe('');
});

test('a row that is too wide stands below its first cell, each cell with its head, and nothing is said of nothing', () => {
  const head = ['LABEL', 'ADDRESS', 'LAST SEEN', ''];
  const rows = [
    ['gw', 'http://127.0.0.1:8081/admin', '-', 'lost'],
    ['b', '-', '-', '-'],
    ['c', 'd', '2 min ago', ''],
  ];
  const wide = 'LABEL  ADDRESS                      LAST SEEN\ngw     http://127.0.0.1:8081/admin  -          lost';
  expect(createStyle(false).table(rows.slice(0, 1), head)).toBe(wide);
  expect(createStyle(false, true, 48).table(rows, head)).toBe(
    'gw\n    address http://127.0.0.1:8081/admin  lost\nb\nc\n    address d  last seen 2 min ago',
  );
  expect(createStyle(false, true, 40).table(rows, head)).toBe(
    'gw\n    address http://127.0.0.1:8081/admin\n    lost\nb\nc\n    address d\n    last seen 2 min ago',
  );
});

test('what was left out is said in ASCII where there is no more', () => {
  const said = (unicode: boolean): string[] => {
    const style = createStyle(false, unicode);
    return [style.fold('a, …'), style.table([['b…', 'c']]), style.pairs([['d', 'e…']])];
  };
  expect(said(true)).toEqual(['a, …', 'b…  c', 'd  e…']);
  expect(said(false)).toEqual(['a, ...', 'b...  c', 'd  e...']);
});

test('a URL among values stays whole, a name does not', () => {
  const style = createStyle(false, true, 20);
  expect(
    style.pairs([
      ['at', 'of http://127.0.0.1:8081/admin'],
      ['by', 'a-department-with-a-long-name'],
    ]),
  ).toBe('at  of\n    http://127.0.0.1:8081/admin\nby  a-department-wit\n    h-a-long-name');
});

test('a line that is too wide goes on below, with every word and every command whole', () => {
  const style = createStyle(false, true, 30);
  const fold = (line: string): string => style.fold(line);
  expect(fold('✓ Wrote /home/alice/a/long/path/.beamd: this uses http://127.0.0.1:8080/ here')).toBe(
    '✓ Wrote\n  /home/alice/a/long/path/.beamd:\n  this uses\n  http://127.0.0.1:8080/ here',
  );
  const command = '  Run: echo .beamd.local >> a/.gitignore';
  expect(fold(command)).toBe(command);
  expect(fold('  of these words some go on below')).toBe('  of these words some go on\n  below');
  expect(fold('  Hint: of these words some go on below')).toBe('  Hint: of these words some go\n        on below');
  expect(fold('a sentence that goes on begins where it began')).toBe('a sentence that goes on begins\nwhere it began');
  const colours = createStyle(true, true, 30);
  const error = `${colours.red('Error:')} of these words some go on`;
  expect(stripVTControlCharacters(colours.fold(error))).toBe('Error: of these words some go\n       on');
  expect(stripVTControlCharacters(colours.fold(colours.failed('of these words some go on below')))).toBe(
    '✗ of these words some go on\n  below',
  );
});
