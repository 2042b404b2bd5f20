/** What the hot path selects, the whole ladder selects; everything else is left to it. */
import fc from 'fast-check';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selectTarget } from '../services/resolve.ts';
import type { Homes } from '../store/paths.ts';
import { plainSelection } from './selection.ts';
import type { PlainSelection, TokenFlags } from './selection.ts';

const accounts = { keys: () => [], list: () => Promise.resolve({ accounts: [], problems: [] }) };

let root: string;
let repo: string;
let homes: Homes;

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'hot-')));
  repo = join(root, 'home', 'work', 'repo');
  homes = { user: join(root, 'home'), beamd: join(root, 'home', '.beamd'), runbeam: join(root, 'home', '.runbeam') };
  mkdirSync(repo, { recursive: true });
  mkdirSync(homes.beamd, { mode: 0o700 });
});

afterEach(() => {
  rmSync(root, { recursive: true });
});

interface Case {
  readonly flags?: TokenFlags;
  readonly env?: Readonly<Record<string, string>>;
  /** Texts of the files, where they are there. */
  readonly config?: string | undefined;
  readonly project?: string | undefined;
  readonly local?: string | undefined;
  readonly cwd?: string;
}

function put(path: string, text: string | undefined): void {
  if (text === undefined) rmSync(path, { force: true });
  else writeFileSync(path, text, { mode: 0o600 });
}

function hot({ flags = {}, env = {}, config, project, local, cwd = repo }: Case): PlainSelection | undefined {
  put(join(homes.beamd, 'config'), config);
  put(join(homes.user, 'work', '.beamd'), project);
  put(join(repo, '.beamd.local'), local);
  return plainSelection(flags, { env, cwd, homes });
}

/** What the ladder says after `hot` has laid out the files. */
async function whole({ flags = {}, env = {}, cwd = repo }: Case): Promise<PlainSelection | 'refused'> {
  try {
    const { server, scope } = await selectTarget(flags, { env, cwd, homes, accounts });
    return { key: server.value.key, ...(scope === undefined ? {} : { scope: scope.value }) };
  } catch {
    return 'refused';
  }
}

const CONFIG = '# Written by beamd.\ncurrent: https://edge.example.com:8443\n';

describe('the usual', () => {
  it.each<[string, Case, PlainSelection]>([
    ['the current server', { config: CONFIG }, { key: 'edge.example.com_8443' }],
    ['a flag', { config: CONFIG, flags: { server: 'a.example.com' } }, { key: 'a.example.com' }],
    ['both flags', { flags: { server: 'localhost:4000', scope: 'acme' } }, { key: 'localhost_4000', scope: 'acme' }],
    ['the environment', { env: { BEAMD_SERVER: 'http://127.0.0.1:9', BEAMD_SCOPE: 'x' } }, { key: '127.0.0.1_9', scope: 'x' }],
    ['an empty environment', { config: CONFIG, env: { BEAMD_SERVER: '', BEAMD_SCOPE: '' } }, { key: 'edge.example.com_8443' }],
    ['a project', { project: 'server: a.example.com\nscope: acme\n' }, { key: 'a.example.com', scope: 'acme' }],
    ['a project with an overlay', { project: 'server: a.example.com\nscope: acme', local: 'scope: me' }, { key: 'a.example.com', scope: 'me' }],
    [
      'an overlay with empty texts',
      { config: CONFIG, project: 'server: a.example.com\nscope: acme', local: 'server: ""\nscope: \'\'' },
      { key: 'a.example.com', scope: 'acme' },
    ],
    ['an overlay alone', { config: CONFIG, local: 'scope: me' }, { key: 'edge.example.com_8443', scope: 'me' }],
    ['an org of another server', { flags: { server: 'b.example.com' }, project: 'server: a.example.com\nscope: acme' }, { key: 'b.example.com' }],
  ])('knows %s', async (_, given, selected) => {
    expect(hot(given)).toEqual(selected);
    expect(await whole(given)).toEqual(selected);
  });
});

describe('the unusual is left alone', () => {
  it.each<[string, Case]>([
    ['no configuration', {}],
    ['a configuration with more in it', { config: `${CONFIG}defaults:\n  a: b\n` }],
    ['a secret in a project', { config: CONFIG, project: 'token: x\n' }],
    ['a key that a project does not have', { config: CONFIG, project: 'colour: red\n' }],
    ['a server that is a number', { config: CONFIG, flags: { server: '2130706433' } }],
    ['plain http elsewhere', { config: 'current: http://edge.example.com\n' }],
    ['an upper-case server', { config: 'current: EDGE.example.com\n' }],
    ['a bad server in a project that is not used', { flags: { server: 'a.example.com' }, project: 'server: "a b"\n' }],
    ['a long file', { config: `#${'x'.repeat(5_000)}\n${CONFIG}` }],
  ])('%s', (_, given) => {
    expect(hot(given)).toBeUndefined();
  });

  it('a configuration behind a link', () => {
    put(join(root, 'elsewhere'), CONFIG);
    symlinkSync(join(root, 'elsewhere'), join(homes.beamd, 'config'));
    expect(plainSelection({}, { env: {}, cwd: repo, homes })).toBeUndefined();
  });
});

it('never looks above a home folder that is known by another name', async () => {
  const link = join(root, 'link');
  symlinkSync(homes.user, link);
  put(join(root, '.beamd'), 'scope: above\n');
  const linked = { ...homes, user: link };
  put(join(homes.beamd, 'config'), CONFIG);
  expect(plainSelection({}, { env: {}, cwd: repo, homes: linked })).toEqual({ key: 'edge.example.com_8443' });
  const { scope } = await selectTarget({}, { env: {}, cwd: repo, homes: linked, accounts });
  expect(scope).toBeUndefined();
});

const server = fc.oneof(
  fc.constantFrom('a.example.com', 'http://127.0.0.1:4000', 'https://a.example.com:443', 'localhost', 'A.example.com', '[::1]:1', '1.2.3.4', 'x_y', ''),
  fc.string({ maxLength: 12 }),
);
const scope = fc.oneof(fc.constantFrom('acme', 'me', '7', 'true', '', 'a b'), fc.string({ maxLength: 6 }));
const line = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom('server', 'scope', 'name', 'from', 'current', 'token', 'x'), fc.oneof(server, scope)).map(([key, value]) => `${key}: ${value}`) },
  { weight: 1, arbitrary: fc.constantFrom('', '# comment', '#\u0001', '---', 'scope:', ' scope: x', 'scope: "acme"', 'scope: acme # x', 'server: ""', "scope: ''") },
);
const file = fc.option(fc.array(line, { maxLength: 4 }).map((lines) => `${lines.join('\n')}\n`), { nil: undefined });
const optional = <T>(key: string, value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.option(value, { nil: undefined }).map((one) => (one === undefined ? {} : { [key]: one }));

it('agrees with the ladder whenever it says anything', async () => {
  let said = 0;
  const filled = server.filter((text) => text !== '');
  const cases = fc.record({
    flags: fc.tuple(optional('server', filled), optional('scope', scope.filter((text) => text !== ''))).map(([one, other]) => ({ ...one, ...other })),
    env: fc.tuple(optional('BEAMD_SERVER', server), optional('BEAMD_SCOPE', scope)).map(([one, other]) => ({ ...one, ...other })),
    config: file,
    project: file,
    local: file,
  });
  await fc.assert(
    fc.asyncProperty(cases, async (given) => {
      const selected = hot(given);
      if (selected === undefined) return;
      said += 1;
      expect(await whole(given)).toEqual(selected);
    }),
    { numRuns: 2_000 },
  );
  expect(said).toBeGreaterThan(100);
});
