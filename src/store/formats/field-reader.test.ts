import { describe, expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { FieldReader } from './field-reader.ts';

const FILE = '/p/file';
const read = (members: unknown): FieldReader => FieldReader.of(members, FILE);
const wrong = (what: string): object => ({ code: 'bad_file', message: `${FILE} ${what}`, hint: { text: `Correct ${FILE}` } });

describe('a field', () => {
  test('is what it should be, or absent, or null', () => {
    const file = read({ text: 'a', empty: '', nothing: null, count: 7, port: 443, flag: false, word: 'x', id: 12 });
    expect([file.text('text'), file.optionalText('text'), file.optionalText('no'), file.optionalText('nothing')]).toEqual([
      'a',
      'a',
      undefined,
      null,
    ]);
    expect([file.optionalString('empty'), file.optionalMatch('text', (text) => text === 'a')]).toEqual(['', 'a']);
    expect([file.number('count'), file.optionalNumber('no'), file.port('port'), file.optionalId('id')]).toEqual([
      7,
      undefined,
      443,
      '12',
    ]);
    expect([file.optionalFlag('flag'), file.choice('word', ['x', 'y']), file.choice('no', ['x'])]).toEqual([
      false,
      'x',
      undefined,
    ]);
    expect([file.optionalObject('nothing'), file.optionalList('no', () => 1)]).toEqual([undefined, undefined]);
  });

  const cases: readonly (readonly [unknown, (file: FieldReader) => unknown, string])[] = [
    [{}, (file) => file.text('a'), 'lacks `a`'],
    [{ a: '' }, (file) => file.text('a'), 'has a wrong `a`'],
    [{ a: 7 }, (file) => file.optionalText('a'), 'has a wrong `a`'],
    [{ a: ['x'] }, (file) => file.optionalString('a'), 'has a wrong `a`'],
    [{ a: 'b' }, (file) => file.optionalMatch('a', (text) => text === 'a'), 'has a wrong `a`'],
    [{ a: '7' }, (file) => file.number('a'), 'has a wrong `a`'],
    [{ a: Infinity }, (file) => file.optionalNumber('a'), 'has a wrong `a`'],
    [{ a: true }, (file) => file.optionalId('a'), 'has a wrong `a`'],
    [{ a: 65_536 }, (file) => file.port('a'), 'has a wrong `a`'],
    [{ a: 1.5 }, (file) => file.port('a'), 'has a wrong `a`'],
    [{ a: 'true' }, (file) => file.optionalFlag('a'), 'has a wrong `a`'],
    [{ a: null }, (file) => file.choice('a', ['x']), 'has a wrong `a`'],
    [{ a: [] }, (file) => file.optionalObject('a'), 'has a wrong `a`'],
    [{ a: { b: {} } }, (file) => file.optionalObject('a')?.optionalObject('b')?.text('c'), 'lacks `a.b.c`'],
    [{ a: { b: 1 } }, (file) => file.optionalObject('a')?.strings(), 'has a wrong `a.b`'],
    [{ a: {} }, (file) => file.optionalList('a', () => 1), 'has a wrong `a`'],
    [{ a: ['x', 1] }, (file) => file.optionalList('a', (item) => (item === 'x' ? item : undefined)), 'has a wrong `a.1`'],
  ];

  test.each(cases)('that is not is named, never shown: %j', async (members, work, what) => {
    expect(await failure(() => work(read(members)))).toEqual(wrong(what));
  });
});

describe('a document', () => {
  test.each([[[]], ['text'], [7], [null], [undefined]])('of the wrong form is refused: %j', async (value) => {
    expect(await failure(() => read(value))).toEqual(wrong('does not have the expected form'));
    expect(await failure(() => FieldReader.of(value, FILE, 'bad_config'))).toMatchObject({ code: 'bad_config' });
  });

  test('may be a list', async () => {
    expect(FieldReader.list([{ a: 'x' }, { a: 'y' }], FILE).map((item) => item.text('a'))).toEqual(['x', 'y']);
    expect(await failure(() => FieldReader.list({}, FILE))).toEqual(wrong('does not have the expected form'));
    expect(await failure(() => FieldReader.list([{}, 3], FILE))).toEqual(wrong('has a wrong `1`'));
    expect(await failure(() => FieldReader.list([{}, {}], FILE)[1]?.text('a'))).toEqual(wrong('lacks `1.a`'));
  });

  test('keeps all its members, for whoever writes it again', () => {
    expect(read({ known: 1, other: [2] }).members).toEqual({ known: 1, other: [2] });
  });
});
