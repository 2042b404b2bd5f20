import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bare, parsePlainAccount } from './flat-yaml.ts';
import { parseYamlObject, stringifyYaml } from './yaml.ts';

const armor = (bytes: number): string => {
  const lines =
    randomBytes(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN AGE ENCRYPTED FILE-----', ...lines, '-----END AGE ENCRYPTED FILE-----'].join('\n');
};

const nothing = (fields: Record<string, unknown>): Record<string, unknown> => Object.assign(bare<unknown>(), fields);

test('reads what an account file of ours looks like', async () => {
  const account = {
    server: 'http://127.0.0.1:4000',
    provider: 'edge',
    user: 'alice@example.com',
    scopes: [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }],
    default_scope: 'acme',
    insecure_skip_verify: true,
    checked_at: 1_800_000_000,
    secret: armor(300),
  };
  const text = `# Written by beamd. Everything but the secret may be read and shown.\n${await stringifyYaml(account)}`;
  expect(parsePlainAccount(text)).toEqual(nothing({ ...account, scopes: account.scopes.map(nothing) }));
  expect(parsePlainAccount('server: a\nscopes: []\n')).toEqual(nothing({ server: 'a', scopes: [] }));
});

test.each([
  'server: a\n  b\n',
  'server: a\nserver: b\n',
  'scopes:\n',
  'scopes:\n- slug: a\n',
  'scopes:\n  - a\n',
  'scopes:\n  - slug: 1\n',
  'scopes:\n  - slug: a\n    role: ~\n',
  'scopes:\n  - slug: a\n    other: b\n',
  'scopes:\n  - slug: a\n  - b\n',
  'secret: |-\n',
  'secret: |-\n   three\n',
  'secret: |-\n  a\n   b\n',
  'secret: |-\n  a: b\n',
  'secret: |-\n  a\n\n  b\n',
  'secret: |\n  a\n',
  'checked_at: 01\n',
  'checked_at: 1.5\n',
  'user: null\n',
  'locked:\n  failures: 1\n',
])('leaves %j to the yaml library', (text) => {
  expect(parsePlainAccount(text)).toBeUndefined();
});

const word = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('a', 'acme', 'alice@example.com', 'a b', '127.0.0.1') },
  fc.constantFrom('1', '007', 'true', 'null', '~', 'a:', '- x', '#', 'zoë', '""', "'x'", '|-', ''),
  fc.string({ maxLength: 6 }),
);
const scope = fc.record({ slug: word, role: word }, { requiredKeys: ['slug'] });
const record = fc.record(
  {
    server: word,
    user: word,
    scopes: fc.array(scope, { maxLength: 3 }),
    ended_at: fc.oneof(fc.nat(), fc.double()),
    insecure_skip_verify: fc.boolean(),
    secret: fc.oneof(
      word,
      fc.array(word, { maxLength: 4 }).map((words) => words.join('\n')),
    ),
  },
  { requiredKeys: [] },
);

async function agrees(text: string): Promise<boolean> {
  const plain = parsePlainAccount(text);
  if (plain === undefined) return false;
  expect(await parseYamlObject(text, 'file')).toEqual(plain);
  return true;
}

test('never disagrees with yaml on what yaml writes', async () => {
  let certain = 0;
  await fc.assert(
    fc.asyncProperty(record, async (fields) => {
      if (await agrees(await stringifyYaml(fields))) certain += 1;
    }),
    { numRuns: 3_000 },
  );
  expect(certain).toBeGreaterThan(300);
});

const LINES = [
  'server: a',
  'user: "b"',
  'user: 1',
  '# comment',
  '',
  ' ',
  'scopes:',
  'scopes: []',
  '  - slug: a',
  '  - slug: b ',
  '    role: c',
  '    role: c # d',
  '  - a',
  '   - slug: a',
  'secret: |-',
  'secret: |',
  '  -----BEGIN',
  '  abc=',
  '  - x',
  '   deep',
  '  a: b',
  '\tb',
  '...',
  '---',
  'a: b\r',
  'checked_at: 5',
  '__proto__: x',
];

test('never disagrees with yaml on lines in any order', async () => {
  let certain = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...LINES), { maxLength: 8 }), async (lines) => {
      if (await agrees(lines.join('\n'))) certain += 1;
    }),
    { numRuns: 20_000 },
  );
  expect(certain).toBeGreaterThan(300);
});
