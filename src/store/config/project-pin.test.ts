import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Homes } from '../paths.ts';
import { findProjectPin, writeProjectPin } from './project-pin.ts';
import { failure } from '../../errors.testing.ts';
import { tempFolder, tempHomes } from '../temp-home.testing.ts';

let homes: Homes;
let repo: string;
let deep: string;

beforeEach(() => {
  homes = tempHomes();
  repo = join(homes.user, 'src', 'repo');
  deep = join(repo, 'a', 'b');
  mkdirSync(deep, { recursive: true });
});

/** Writes a file of the repo and returns its path. */
function put(name: string, text: string): string {
  const path = join(repo, name);
  writeFileSync(path, text);
  return path;
}

describe('findProjectPin', () => {
  test('finds nothing where there is nothing', async () => {
    mkdirSync(homes.beamd);
    expect(await findProjectPin(deep, homes)).toBeUndefined();
    expect(await findProjectPin('/', homes)).toBeUndefined();
  });

  test('finds the nearest file upward', async () => {
    const path = put('.beamd', '# pin\nserver: edge.example.com\nscope: acme\nname: web\nfrom: example/web\nother: x\n');
    const pin = { path, server: 'edge.example.com', scope: 'acme', name: 'web', from: 'example/web' };
    expect(await findProjectPin(deep, homes)).toMatchObject(pin);
    const nearer = put('a/.beamd', 'scope: [\n'.replace('[', 'near'));
    expect(await findProjectPin(deep, homes)).toMatchObject({ path: nearer, scope: 'near' });
    expect(await findProjectPin(repo, homes)).toMatchObject(pin);
  });

  test('reads yaml that is not flat', async () => {
    const path = put('.beamd', 'server: >-\n  edge.example.com\nscope: "\\u0061cme"\nname:\nmore: {x: [1]}\n');
    expect(await findProjectPin(repo, homes)).toMatchObject({ path, server: 'edge.example.com', scope: 'acme' });
  });

  test('overlays the nearest .beamd.local, which does not hide the .beamd above it', async () => {
    const path = put('.beamd', 'server: edge.example.com\nscope: acme\n');
    const far = put('.beamd.local', 'scope: mine\n');
    expect(await findProjectPin(deep, homes)).toEqual({
      path,
      localPath: far,
      localFields: ['scope'],
      server: 'edge.example.com',
      scope: 'mine',
    });
    const near = put('a/.beamd.local', 'name: n\n');
    const merged = { path, localPath: near, localFields: ['name'], server: 'edge.example.com', scope: 'acme', name: 'n' };
    expect(await findProjectPin(deep, homes)).toEqual(merged);
    put('a/b/.beamd', 'scope: own\n');
    expect(await findProjectPin(deep, homes)).toEqual({ path: join(deep, '.beamd'), scope: 'own' });
  });

  test('takes a .beamd.local alone', async () => {
    const path = put('.beamd.local', 'scope: mine\n');
    expect(await findProjectPin(deep, homes)).toEqual({ path, localPath: path, localFields: ['scope'], scope: 'mine' });
  });

  test('stops at the home folder, whichever way it is spelled', async () => {
    const outer = tempFolder();
    writeFileSync(join(outer, '.beamd'), 'scope: outside\n');
    const home = join(outer, 'home');
    mkdirSync(join(home, 'work'), { recursive: true });
    expect(await findProjectPin(join(home, 'work'), { ...homes, user: home })).toBeUndefined();
    const link = join(tempFolder(), 'home');
    symlinkSync(home, link);
    expect(await findProjectPin(join(home, 'work'), { ...homes, user: link })).toBeUndefined();
    expect((await findProjectPin(join(home, 'work'), homes))?.scope).toBe('outside');
  });

  test('counts regular files only', async () => {
    mkdirSync(join(repo, 'a', '.beamd'));
    execFileSync('mkfifo', [join(deep, '.beamd')]);
    symlinkSync('/etc/hostname', join(deep, '.beamd.local'));
    const path = put('.beamd', 'scope: acme\n');
    expect(await findProjectPin(deep, homes)).toEqual({ path, scope: 'acme' });
  });

  test('works in a worktree of git', async () => {
    const git = (...args: string[]): void => {
      execFileSync('git', ['-C', repo, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        stdio: 'ignore',
      });
    };
    put('.beamd', 'scope: acme\n');
    git('init');
    git('add', '.beamd');
    git('commit', '-m', 'Pin');
    const tree = join(homes.user, 'tree');
    git('worktree', 'add', tree);
    expect(await findProjectPin(tree, homes)).toEqual({ path: join(tree, '.beamd'), scope: 'acme' });
  });

  test.each([
    ['scope: a\ntoken: x\n', 2, 'token'],
    ['api_key: x', 1, 'api_key'],
    ['a: [\n"API-Key" : x', 2, 'API-Key'],
    ['nested:\n  - refreshToken: x', 2, 'refreshToken'],
    ['a: 1\nb: {c: {password: x}}', 2, 'password'],
    ['client_secret:', 1, 'client_secret'],
    ['"to\\u006ben": x', 1, 'token'],
    ['RUNBEAM_ENCRYPTION_KEY: x', 1, 'RUNBEAM_ENCRYPTION_KEY'],
  ])('refuses a secret, naming its line: %j', async (text, line, key) => {
    const path = put('.beamd', text);
    expect(await failure(() => findProjectPin(deep, homes))).toMatchObject({
      code: 'secret_in_project',
      message: `${path}:${String(line)} holds a secret (\`${key}\`)`,
    });
  });

  test('refuses a secret in .beamd.local too, but not words that only look like one', async () => {
    put('.beamd', '# token: not here\nscope: token\nname: secret-santa\ntokenizer: fast\nkey: value\n');
    expect(await findProjectPin(repo, homes)).toMatchObject({
      path: join(repo, '.beamd'),
      scope: 'token',
      name: 'secret-santa',
    });
    const path = put('.beamd.local', 'access_token: x');
    expect((await failure(() => findProjectPin(repo, homes))).message).toBe(`${path}:1 holds a secret (\`access_token\`)`);
  });

  test.each([
    ['server: [a]', ': `server` is not text'],
    ['scope: 007', ': `scope` is not text'],
    ['server: [', ':1 is not valid yaml'],
    ['['.repeat(3_000), ':1 is nested too deeply'],
    ['- a', ' is not a list of `key: value` lines'],
    ['x'.repeat(70_000), ' is larger than 64 KiB'],
  ])('says what is wrong: %#', async (text, message) => {
    const path = put('.beamd', text);
    expect(await failure(() => findProjectPin(repo, homes))).toMatchObject({ code: 'bad_file', message: path + message });
  });
});

describe('writeProjectPin', () => {
  test('makes a file that can be shared, and changes it keeping the rest', async () => {
    const path = join(repo, '.beamd');
    const before = process.umask(0o022);
    try {
      expect(await writeProjectPin(repo, { server: 'edge.example.com', scope: 'acme' }, { local: false })).toBe(path);
      expect(statSync(path).mode & 0o777).toBe(0o644);
    } finally {
      process.umask(before);
    }
    expect(readFileSync(path, 'utf8')).toBe('server: edge.example.com\nscope: acme\n');
    put('.beamd', '# ours\nserver: edge.example.com # main\ncustom: 1\n');
    chmodSync(path, 0o664);
    await writeProjectPin(repo, { scope: '007' }, { local: false });
    expect(readFileSync(path, 'utf8')).toBe('# ours\nserver: edge.example.com # main\ncustom: 1\nscope: "007"\n');
    expect(statSync(path).mode & 0o777).toBe(0o664);
    expect(await findProjectPin(repo, homes)).toMatchObject({ path, server: 'edge.example.com', scope: '007' });
  });

  test('writes the personal overlay privately', async () => {
    const path = await writeProjectPin(repo, { scope: 'mine' }, { local: true });
    expect([path, statSync(path).mode & 0o777]).toEqual([join(repo, '.beamd.local'), 0o600]);
  });

  test('touches no folder, no link and no file with a secret', async () => {
    mkdirSync(homes.beamd);
    expect(await failure(() => writeProjectPin(homes.user, { scope: 'a' }, { local: false }))).toMatchObject({
      code: 'bad_file',
      message: `${homes.beamd} is not a regular file`,
    });
    symlinkSync('target', join(repo, '.beamd'));
    expect((await failure(() => writeProjectPin(repo, { scope: 'a' }, { local: false }))).code).toBe('unsafe_path');
    put('.beamd.local', 'token: x');
    expect((await failure(() => writeProjectPin(repo, { scope: 'a' }, { local: true }))).code).toBe('secret_in_project');
  });
});

test('names keys that it does not have, with their line and what may be meant', async () => {
  const { unknownKeys } = await import('./project-keys.ts');
  const of = (text: string, ...keys: string[]): string[] =>
    unknownKeys(Object.fromEntries(keys.map((key) => [key, ''])), text, 'P');
  expect(of('# x\nserverr: a\n', 'serverr')).toEqual(['P:2: .beamd has no key `serverr`; did you mean `server`?']);
  expect(of('colour: a\n', 'colour')).toEqual(['P:1: .beamd has no key `colour`; it knows server, account, scope, name, from']);
  expect(of('{Server: a}', 'Server')).toEqual(['P: .beamd has no key `Server`; did you mean `server`?']);
  expect(of('', 'server', 'account', 'scope', 'name', 'from', 'services')).toEqual([]);
  expect(of('', ...Array.from({ length: 50 }, (_, index) => `k${index}`)).length).toBe(5);
});
