import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseFlatYaml } from './flat-yaml.ts';

const bare = (value: Record<string, string>): Record<string, string> =>
  Object.assign(Object.create(null) as Record<string, string>, value);

test('reads what our own files look like', () => {
  const text = '# the edge of this project — geteilt\nserver: edge.example.com:8443\n\nscope: "acme corp"\nname: \'x\'  \n';
  expect(parseFlatYaml(text)).toEqual(bare({ server: 'edge.example.com:8443', scope: 'acme corp', name: 'x' }));
  expect(parseFlatYaml('server: http://127.0.0.1:4000')).toEqual(bare({ server: 'http://127.0.0.1:4000' }));
  expect(parseFlatYaml('__proto__: x\n')).toEqual(Object.assign(bare({}), { ['__proto__']: 'x' }));
  expect(parseFlatYaml('')).toEqual(bare({}));
});

test.each([
  'a: 1',
  'a: 007',
  'a: 1e3',
  'a: 1.5',
  'a: .inf',
  'a: true',
  'a: NULL',
  'a: ~',
  'a:',
  'a: ""x',
  'a: b c',
  'a: b:',
  'a: b\na: c',
  'a: b\n  c',
  '- a',
  'a: [b]',
  'a: {b: c}',
  'a: |',
  'a: &x b',
  'a: *x',
  'a: !t b',
  'a: b # c',
  '--- a',
  'a: b\r\n',
  'a:\tb',
  'a: b\t',
  ' a: b',
  'true: b',
  '"a": b',
  '? a',
  'a: "\\x41"',
  'a: @b',
  'a: `b`',
  '\ufeffa: b',
  'a',
  '%YAML 1.1',
  'a: [::1]:4000',
  'a: "b',
])('leaves %j to the yaml library', (text) => {
  expect(parseFlatYaml(text)).toBeUndefined();
});

const token = fc.constantFrom(
  'a',
  'server',
  'scope',
  ':',
  ': ',
  ' ',
  '\n',
  '#',
  ' #',
  '-',
  '"',
  "'",
  '[',
  ']',
  '{',
  '}',
  '1',
  '0x1',
  'e3',
  '.',
  '~',
  'null',
  'true',
  'Yes',
  '\t',
  '\r',
  '&a',
  '*a',
  '!',
  '|',
  '>',
  '%',
  '@',
  '`',
  ',',
  '?',
  '\\n',
  'ä',
  '\u2028',
  '\u0085',
  '---',
  '...',
  '127.0.0.1',
  'http://h:1',
  '__proto__',
  '_',
  '/',
  '+',
  '=',
);
const line = fc.tuple(
  fc.constantFrom('server', 'a', 'b-c', '# x', ' '),
  fc.constantFrom(': ', ':', ''),
  fc.array(token, { maxLength: 4 }),
);
const document = fc.oneof(
  fc.array(token, { maxLength: 14 }).map((tokens) => tokens.join('')),
  fc
    .array(
      line.map(([key, colon, rest]) => key + colon + rest.join('')),
      { maxLength: 4 },
    )
    .map((lines) => lines.join('\n')),
  fc.string({ unit: 'grapheme' }).map((value) => `a: ${value}`),
);

test('never disagrees with yaml', () => {
  let certain = 0;
  fc.assert(
    fc.property(document, (text) => {
      const flat = parseFlatYaml(text);
      if (flat === undefined) return;
      certain += 1;
      const value: unknown = parse(text, { uniqueKeys: true, logLevel: 'silent', mapAsMap: true });
      expect(new Map(Object.entries(flat))).toEqual(value ?? new Map());
    }),
    { numRuns: 20_000 },
  );
  expect(certain).toBeGreaterThan(200);
});
