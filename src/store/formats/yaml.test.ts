import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import { failure } from '../../errors.testing.ts';
import { editYaml, parseLocatedYaml, parseYaml, stringifyYaml, type Located } from './yaml.ts';

const path = '/p/file';
const nested = (lines: number, line: (depth: number) => string): string =>
  Array.from({ length: lines }, (_, depth) => line(depth)).join('\n');

describe('parseYaml', () => {
  test('gives objects without a prototype', async () => {
    const value = await parseYaml('__proto__: {x: 1}\nlist: [a, {b: c}]\ntext: |-\n  one\n  two\n', path);
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(Object.entries(value)).toEqual([
      ['__proto__', Object.assign(Object.create(null) as object, { x: 1 })],
      ['list', ['a', Object.assign(Object.create(null) as object, { b: 'c' })]],
      ['text', 'one\ntwo'],
    ]);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('takes an empty document for an empty object', async () => {
    expect(Object.entries(await parseYaml('# nothing\n', path))).toEqual([]);
  });

  test('counts lines and never shows what is in them', async () => {
    const secret = 'sk_' + 'x'.repeat(8);
    expect(await failure(() => parseYaml(`a: b\r\ntoken: "${secret}\n`, path))).toMatchObject({
      code: 'bad_file',
      message: '/p/file:3 is not valid yaml',
    });
  });

  test.each([
    ['a: 1\nb: 2\na: 3\n', '/p/file:3 has a key twice'],
    ['a: &x b\nc: *x\n', '/p/file:1 has an anchor or an alias'],
    ['- a\n', '/p/file is not a list of `key: value` lines'],
    ['just text', '/p/file is not a list of `key: value` lines'],
    ['1: a', '/p/file has a key that is not text'],
    ['? {a: b}\n: c', '/p/file has a key that is not text'],
    ['a: b\n---\nc: d\n', '/p/file:2 is not valid yaml'],
  ])('refuses %j', async (text, message) => {
    expect(await failure(() => parseYaml(text, path))).toMatchObject({ code: 'bad_file', message });
  });

  test.each([
    ['open lists', '['.repeat(5_000), ':1 is nested too deeply'],
    ['open objects', '{a: '.repeat(5_000), ':1 is nested too deeply'],
    ['lists that quoted brackets seem to close', `a: ${'["]", '.repeat(1_000)}`, ':1 is nested too deeply'],
    ['lists in lists on one line', '- '.repeat(5_000), ':1 is nested too deeply'],
    ['keys in keys', '? '.repeat(5_000), ':1 is nested too deeply'],
    ['ever deeper lines', nested(300, (depth) => `${' '.repeat(depth)}k:`), ':33 is nested too deeply'],
    ['all of them', nested(100, (depth) => `${' '.repeat(depth * 5)}- - x:`), ':11 is nested too deeply'],
    ['too many lines', 'a:\n'.repeat(5_000), ':1000 goes on for too long'],
    ['too much text', `a: ${'x'.repeat(65_536)}`, ' is larger than 64 KiB'],
  ])('refuses %s', async (_name, text, message) => {
    expect(await failure(() => parseYaml(text, path))).toMatchObject({ code: 'bad_file', message: path + message });
  });

  test('takes brackets in text and many small objects for what they are', async () => {
    const scopes = Array.from({ length: 500 }, (_, index) => `  - {slug: org-${String(index)}, role: "[[[[${'['.repeat(40)}"}`);
    const value = await parseYaml(`scopes:\n${scopes.join('\n')}\n`, path, { maxBytes: 262_144 });
    expect(Array.isArray(value['scopes']) && value['scopes'].length).toBe(500);
  });

  test('survives anything, quickly, and fails only with our error', async () => {
    const piece = fc.constantFrom(
      '[',
      '{',
      '- ',
      '? ',
      ': ',
      'a',
      '\n',
      ' ',
      '  ',
      '"',
      "'",
      '|',
      '&a ',
      '*a',
      '<<: ',
      '!!js ',
      ',',
      ']',
      '}',
      '#',
      '\t',
    );
    const pieces = fc.array(piece, { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 1, max: 200 }), async (parts, times) => {
        const before = process.cpuUsage();
        const failed = await parseYaml(parts.join('').repeat(times), path).catch((error: unknown) => error);
        // What it costs, however long it has to wait for the processor: microseconds.
        expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
        if (failed instanceof Error) expect(failed).toBeInstanceOf(BeamError);
      }),
      { numRuns: 500 },
    );
  });
});

test('stringifyYaml gives back what was there', async () => {
  const value = { text: 'a: b # c', block: 'one\ntwo', list: [{ slug: '007' }], long: 'x '.repeat(200).trim() };
  expect(await stringifyYaml({ block: 'one\ntwo' })).toBe('block: |-\n  one\n  two\n');
  expect(JSON.parse(JSON.stringify(await parseYaml(await stringifyYaml(value), path)))).toEqual(value);
});

test('editYaml keeps comments and order', async () => {
  const text = '# ours\nserver: a # here\nother: [1, 2]\nname: x\n';
  expect(await editYaml(text, path, { server: 'b', scope: 'acme', name: undefined })).toBe(
    '# ours\nserver: b # here\nother: [ 1, 2 ]\nscope: acme\n',
  );
  expect(await editYaml('', path, { server: 'b' })).toBe('server: b\n');
});

describe('a long list', () => {
  const limits = { maxBytes: 4_194_304, perEntry: true };
  const refused = async (text: string): Promise<string> =>
    parseLocatedYaml(text, 'f.yaml', limits).then(
      () => 'taken',
      (error: unknown) => (error instanceof BeamError ? error.message : 'thrown'),
    );

  test('is no harm, and each value has its line', async () => {
    const { value } = await parseLocatedYaml(`list:\n${'- a: 1\n  b: [x]\n'.repeat(20_000)}`, 'f.yaml', limits);
    const list = value instanceof Map ? (value.get('list') as Located).value : undefined;
    const last = (list as readonly Located[]).at(-1);
    const one = (line: number, of: Located['value']): Located => ({ line, value: of });
    expect(last).toEqual(
      one(
        40_000,
        new Map([
          ['a', one(40_000, 1)],
          ['b', one(40_001, [one(40_001, 'x')])],
        ]),
      ),
    );
  });

  test.each([
    ['one entry that goes on', `- ${'a: {b: c}\n  '.repeat(2_000)}`],
    ['keys around lists', Array.from({ length: 5_000 }, (_, at) => `k${String(at)}:\n- x\n`).join('')],
    [
      'keys around lists, deeper',
      `list:\n- a:\n${Array.from({ length: 5_000 }, (_, at) => `  k${String(at)}:\n  - x\n`).join('')}`,
    ],
    ['a list in brackets', `list: [${'{a: b},'.repeat(5_000)}`],
    ['keys alone', Array.from({ length: 5_000 }, (_, at) => `k${String(at)}: x\n`).join('')],
  ])('%s is refused before it is parsed', async (_, text) => {
    expect(await refused(text)).toMatch(/^f\.yaml:\d+ goes on for too long$/);
  });
});
