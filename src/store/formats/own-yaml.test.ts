import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { bare, parseOwnYaml } from './own-yaml.ts';
import { stringifyYaml } from './yaml.ts';

const fields = (members: Record<string, unknown>): Record<string, unknown> => Object.assign(bare<unknown>(), members);

const armor = (bytes: number): string => {
  const lines =
    randomBytes(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN AGE ENCRYPTED FILE-----', ...lines, '-----END AGE ENCRYPTED FILE-----'].join('\n');
};

describe('parseOwnYaml reads', () => {
  test('an account file', async () => {
    const account = {
      server: 'http://127.0.0.1:4000',
      provider: 'edge',
      user: 'alice@example.com',
      scopes: [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }],
      typed_as: ['http://localhost:4000', 'edge.example.com', '127.0.0.1'],
      default_scope: 'acme',
      insecure_skip_verify: true,
      locked: { failures: 4, not_before: 1_800_000_900 },
      checked_at: 1_800_000_000,
      secret: armor(300),
    };
    const text = `# Written by beamd. Everything but the secret may be read and shown.\n${await stringifyYaml(account)}`;
    const { scopes, locked } = account;
    expect(parseOwnYaml(text)).toEqual(fields({ ...account, scopes: scopes.map(fields), locked: fields(locked) }));
    expect(parseOwnYaml('server: a\nscopes: []\n')).toEqual(fields({ server: 'a', scopes: [] }));
  });

  test('a configuration', () => {
    const text = '# Written by beamd.\ncurrent: edge.example.com\ndefaults:\n  storage: age\n  count: "1"\n';
    const defaults = fields({ storage: 'age', count: '1' });
    expect(parseOwnYaml(text)).toEqual(fields({ current: 'edge.example.com', defaults }));
  });

  test('what people write into project and config files', () => {
    const text = '# the edge of this project — geteilt\nserver:  edge.example.com:8443\n\nscope: "acme corp"\nname: \'x\'  \n';
    expect(parseOwnYaml(text)).toEqual(fields({ server: 'edge.example.com:8443', scope: 'acme corp', name: 'x' }));
    expect(parseOwnYaml('server: http://127.0.0.1:4000')).toEqual(fields({ server: 'http://127.0.0.1:4000' }));
    expect(parseOwnYaml('a: 1\nb: true\nc: "1"\nd: 127.0.0.1')).toEqual(fields({ a: 1, b: true, c: '1', d: '127.0.0.1' }));
    expect(parseOwnYaml('__proto__: x\n')).toEqual(fields({ ['__proto__']: 'x' }));
    expect(parseOwnYaml('')).toEqual(fields({}));
  });
});

test.each([
  // Numbers, dates and words that are something else than they look.
  ...['007', '0x1f', '0o17', '017', '1e3', '1.5', '-1', '+1', '1_000', '1234567890123456', '.inf', '.nan', '-.inf'],
  ...['2026-01-02', '2026-01-02T03:04:05Z', '12:30:45', 'NULL', 'Null', 'null', '~', 'True', 'FALSE', '<<', '='],
  // Quotes, marks and blanks.
  ...['""x', '"b', '"\\x41"', '"a\\nb"', "'it''s'", '"\u00e4"', 'b c', 'b:', 'b # c', 'b\r', 'b\t', '\tb', '@b', '`b`', '%b'],
  ...['[b]', '[ ]', '{b: c}', '{}', '|', '>-', '|+', '|2-', '&x b', '*x', '!t b', '!!str 1', '? b', '- b', '[::1]:4000'],
  ...['zoë', '\u00a0b', 'b\u00a0', '\u2028', '', ' ', 'b\nb', 'b\n  c', 'b\na: c', 'b\n\n  c', 'b\n...', 'b\n---\nc: d'],
])('leaves a: %j to the library', (text) => {
  expect(parseOwnYaml(`a: ${text}`)).toBeUndefined();
});

test.each([
  ...['a', 'a:', '- a', '--- a', ' a: b', '\ta: b', 'a:b', 'a : b', '"a": b', '? a', 'true: b', 'null: b', '1: b', 'a.b: c'],
  ...['\ufeffa: b', '%YAML 1.2', '# \u0007', '#\t', 'ä: b', `${'a'.repeat(65)}: b`, 'server: a\nserver: b\n', 'a: b\r\n'],
  ...[
    's:\n',
    's:\n- k: a\n',
    's:\n  - ~\n',
    's:\n  - a\n    b\n',
    's:\n  - a\n  -\n',
    's:\n  - k: ~\n',
    's:\n  - k: a\n    r: ~\n',
    's:\n  - k: a\n    k: b\n',
  ],
  ...[
    's:\n  - k: a\n  - b c\n',
    's:\n  - a\n    k: b\n',
    's:\n  - - a\n',
    's:\n  - k: a\n   r: b\n',
    's:\n  - k:\n      r: b\n',
    's:\n  - k: a\n  r: b\n',
    's:\n  -  k: a\n',
  ],
  ...[
    'm:\n  a: b\n  a: c\n',
    'm:\n  a: b\n   c: d\n',
    'm:\n  a:\n    b: c\n',
    'm:\n a: b\n',
    'm:\n   a: b\n',
    'm:\n  a: b\n\n  c: d',
  ],
  ...['m:\n  # c\n  a: b\n', 'm:\n  a: b\n# c\n  d: e\n', 'm:\n\ta: b\n', 'm: \n  a: b\n', 'm: # c\n  a: b\n'],
  ...['t: |-\n', 't: |-\n   three\n', 't: |-\n  a\n   b\n', 't: |-\n  a: b\n', 't: |-\n  a\n\n  b\n', 't: |-\n  a\n\tb\n'],
])('leaves %j to the library', (text) => {
  expect(parseOwnYaml(text)).toBeUndefined();
});

/** What the library gives, in objects without prototypes. Throws where it finds an error. */
function byLibrary(text: string): unknown {
  const bareOf = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(bareOf);
    if (!(value instanceof Map)) return value;
    return fields(Object.fromEntries([...value].map(([key, member]) => [String(key), bareOf(member)])));
  };
  const value: unknown = parse(text, { uniqueKeys: true, logLevel: 'silent', mapAsMap: true, schema: 'core' });
  return bareOf(value ?? new Map());
}

/** Whether the text is read here at all; then the library reads the same. */
function agrees(text: string): boolean {
  const own = parseOwnYaml(text);
  if (own !== undefined) expect(own).toEqual(byLibrary(text));
  return own !== undefined;
}

/** How many of many documents are read here. */
function certainOf(documents: fc.Arbitrary<string>, numRuns: number): number {
  let certain = 0;
  fc.assert(
    fc.property(documents, (text) => {
      if (agrees(text)) certain += 1;
    }),
    { numRuns },
  );
  return certain;
}

const PIECES = [
  ...['a', 'server', 'e3', 'Yes', 'null', 'true', '~', '__proto__', '_', 'ä', '127.0.0.1', 'http://h:1', '2026-01-02'],
  ...['0', '1', '12', '0x1', '0o7', '1e3', '1_0', '.', '.5', '-1', '+', '=', '-', '/'],
  ...[':', ': ', ' ', '  ', '\n', '\n  ', '\n    ', '\n- ', '\n  - ', '\t', '\r', '\r\n', '#', ' #', '"', "'", '""'],
  ...['[', ']', '[]', '{', '}', ',', '?', '&a', '*a', '!', '|', '|-', '>', '%', '@', '`', '\\n', '<<'],
  ...['---', '...', '\u2028', '\u0085', '\ufeff', '\u00a0'],
];
const piece = fc.constantFrom(...PIECES);

describe('never disagrees with the library', () => {
  test('on pieces of yaml in any order', () => {
    const line = fc.tuple(
      fc.constantFrom('server', 'a', 'b-c', '# x', ' ', '  a', '  - a', '    b'),
      fc.constantFrom(': ', ':', ''),
      fc.array(piece, { maxLength: 3 }),
    );
    const lines = fc.array(
      line.map(([key, colon, rest]) => key + colon + rest.join('')),
      { maxLength: 5 },
    );
    const pieces = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(''));
    const documents = fc.oneof(
      pieces,
      lines.map((all) => all.join('\n')),
    );
    expect(certainOf(documents, 20_000)).toBeGreaterThan(300);
  });

  test('on any value', () => {
    const letters = fc.stringMatching(/^[aeflnorstuxyNTF019:.\-_+/ "'~]{0,8}$/);
    const value = fc.oneof(
      letters,
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.integer().map(String),
      fc.double().map(String),
    );
    const text = fc.tuple(
      fc.constantFrom('a: ', 'm:\n  a: ', 's:\n  - a: ', 's:\n  - ', 's:\n  - a: b\n    c: ', 't: |-\n  '),
      value,
    );
    expect(
      certainOf(
        text.map((parts) => parts.join('')),
        20_000,
      ),
    ).toBeGreaterThan(3_000);
  });

  test('on lines of its own files in any order', () => {
    const lines = [
      ...[
        'server: a',
        'user: "b"',
        'user: 1',
        'user: true',
        '# comment',
        '',
        ' ',
        '  # comment',
        '__proto__: x',
        'a: b\r',
        '\tb',
      ],
      ...['scopes:', 'scopes: []', '  - slug: a', '  - slug: b ', '    role: c', '    role: c # d', '  - a', '   - slug: a'],
      ...['defaults:', '  a: b', '  c: 1', '  a:', '    d: e', 'locked:', '  failures: 1'],
      ...['secret: |-', 'secret: |', '  -----BEGIN', '  abc=', '  - x', '   deep', 'checked_at: 5', '...', '---'],
    ];
    const documents = fc.array(fc.constantFrom(...lines), { maxLength: 8 });
    expect(
      certainOf(
        documents.map((all) => all.join('\n')),
        20_000,
      ),
    ).toBeGreaterThan(300);
  });

  test('on what the library writes', async () => {
    const word = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom('a', 'acme', 'alice@example.com', 'a b', '127.0.0.1') },
      fc.constantFrom('1', '007', 'true', 'null', '~', 'a:', '- x', '#', 'zoë', '""', "'x'", '|-', ''),
      fc.string({ maxLength: 6 }),
    );
    const account = fc.record(
      {
        server: word,
        user: word,
        scopes: fc.array(fc.record({ slug: word, role: word }, { requiredKeys: ['slug'] }), { maxLength: 3 }),
        ended_at: fc.oneof(fc.nat(), fc.double()),
        insecure_skip_verify: fc.boolean(),
        locked: fc.record({ failures: fc.nat(), not_before: fc.nat() }, { requiredKeys: ['failures'] }),
        secret: fc.oneof(
          word,
          fc.array(word, { maxLength: 4 }).map((words) => words.join('\n')),
        ),
      },
      { requiredKeys: [] },
    );
    let certain = 0;
    await fc.assert(
      fc.asyncProperty(account, async (value) => {
        if (agrees(await stringifyYaml(value))) certain += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(certain).toBeGreaterThan(300);
  });
});
