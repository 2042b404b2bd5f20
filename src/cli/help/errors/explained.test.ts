import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { EXIT_CODES } from '../../../errors.ts';
import { failure } from '../../../errors.testing.ts';
import { createStyle } from '../../output/style.ts';
import { errorScreen } from '../error-screen.ts';
import { createLayout } from '../layout.ts';
import { explainedCodes } from './explained.ts';

const SRC = join(import.meta.dirname, '../../..');
const codes = explainedCodes('runbeam');

/** All that the program may say, without what explains it: quotation marks as they are read. */
const SOURCE = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/\.test\.ts$|testing\.ts$|help.errors/.test(path))
  .map((path) => readFileSync(join(SRC, path), 'utf8').replaceAll("\\'", "'"))
  .join('\n');

test('every code has what it means, and causes with what helps', () => {
  expect(codes.map(([code]) => code)).toEqual(Object.keys(EXIT_CODES));
  expect(codes.filter(([, { what, causes }]) => what === '' || causes.length < 2)).toEqual([]);
});

test('every text is a sentence without a full stop, with what is typed in backticks', () => {
  const texts = codes.flatMap(([, { what, causes }]) => [what, ...causes.flat()]);
  const odd = texts.filter(
    (text) => !/^[A-Z`].*[^.]$/s.test(text) || text.split('`').length % 2 === 0 || /[|{}]|[^ -~]/.test(text),
  );
  expect(odd).toEqual([]);
});

test('every message that is told of is one of the program', () => {
  const pieces = codes.flatMap(([code, { says }]) =>
    says.flatMap((message) => message.split('…').map((piece) => ({ code, piece: piece.trim() }))),
  );
  expect(pieces.length).toBeGreaterThan(60);
  expect(pieces.filter(({ piece }) => !SOURCE.includes(piece))).toEqual([]);
});

test('a command that is said to help is one of the program that is asked', () => {
  const own = (bin: 'beamd' | 'runbeam'): string => JSON.stringify(explainedCodes(bin));
  expect(own('beamd')).toContain('`beamd doctor`');
  expect(own('runbeam')).toContain('`runbeam doctor`');
  expect(own('runbeam')).not.toContain('`beamd doctor`:');
});

describe('the screen of a code', () => {
  const layout = createLayout(60, createStyle(false));

  it('has what it means, its exit code, its messages, and causes with what helps', () => {
    expect(errorScreen('runbeam', 'no_server', layout)).toBe(
      [
        'no_server',
        '  You are logged in to several servers, and nothing says',
        '  which one is meant',
        '',
        'EXIT CODE',
        '  2  wrong usage or bad configuration',
        '',
        'AS IN',
        '  You are logged in to several servers, and none is the',
        '  current one',
        '',
        'WHY, AND WHAT HELPS',
        '  No server has been made the current one, or that login is',
        '  gone',
        '    Run `beamd switch SERVER`',
        '',
        '  It is meant for one command or one project only',
        '    Give `--server HOST`, set `BEAMD_SERVER`, or run `beamd',
        '    link --server HOST` in the project',
      ].join('\n'),
    );
  });

  it('is none for what is no code', async () => {
    expect(await failure(() => errorScreen('beamd', 'netwrok', layout))).toEqual({
      code: 'usage',
      message: 'There is no error code netwrok; did you mean network?',
      hint: { command: 'beamd help error' },
    });
  });
});
