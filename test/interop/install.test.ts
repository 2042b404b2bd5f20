/** What people get with `npm install -g`: the package that is published, installed without a network, a compiler or scripts. */
import { execFile, execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT, startSelfHostedEdge } from '../../sandbox/testing.ts';
import { packPackage, shippedFiles } from '../../scripts/package.ts';
import { packageVersion } from '../../scripts/repository.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { startRegistry } from '../support/registry.ts';

const WINDOWS = process.platform === 'win32';
const MODULES = join(PACKAGE_ROOT, 'node_modules/@napi-rs');

const keep = cleanup(afterAll);
const scratch = mkdtempSync(join(tmpdir(), 'install-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
let packed: string;

beforeAll(() => {
  packed = packPackage({ dist: join(PACKAGE_ROOT, 'dist'), into: scratch });
});

/** Paths in the package. */
function contents(path: string): string[] {
  const listed = execFileSync('tar', ['-tzf', path], { encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 });
  return listed.split('\n').flatMap((name) => (name === '' ? [] : [name.replace(/^package\//, '')]));
}

describe('the file of the package', () => {
  test('has all of what package.json lists, and nothing that is for the checkout', () => {
    const listed = shippedFiles().flatMap((name) => {
      if (!statSync(join(PACKAGE_ROOT, name)).isDirectory()) return [name];
      const below = readdirSync(join(PACKAGE_ROOT, name), { recursive: true, withFileTypes: true });
      return below.filter((entry) => entry.isFile()).map((entry) => relative(PACKAGE_ROOT, join(entry.parentPath, entry.name)));
    });
    const names = contents(packed);
    expect(names.sort()).toEqual([...listed, 'package.json'].sort());
    expect(names).toEqual(expect.arrayContaining(['dist/cli.cjs', 'dist/THIRD-PARTY-LICENSES', 'dist/man/beamd-login.1']));
    expect(names.filter((name) => /(?<!\.d)\.ts$|\.map$|(?:^|\/)(?:node_modules|test|src)\//.test(name))).toEqual([]);
  });

  test('is the same however often it is packed', () => {
    const again = packPackage({ dist: join(PACKAGE_ROOT, 'dist'), into: join(scratch, 'again') });
    expect(readFileSync(again).equals(readFileSync(packed))).toBe(true);
  });
});

/** What a machine has on which it is installed: Node and npm, and no other program on the PATH. */
function bareMachine(): CliUser {
  const user = keep(createCliUser());
  const programs = join(user.root, 'programs');
  mkdirSync(programs);
  for (const name of ['node', 'npm']) {
    const path = execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
    symlinkSync(realpathSync(path), join(programs, name));
  }
  return { ...user, env: { ...user.env, PATH: programs } };
}

interface Installation {
  readonly prefix: string;
  /** The folder of the package. */
  readonly folder: string;
  readonly run: (program: 'beamd' | 'runbeam', args: readonly string[], stdin?: string) => Promise<Ran>;
}

/** `npm install -g` by this user into a folder of their own. */
async function install({ root, env, work }: CliUser, name: string, ...args: string[]): Promise<Installation> {
  const prefix = join(root, name);
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const ran = await start(join(env['PATH'] ?? '', 'npm'), ['install', '-g', '--prefix', prefix, ...quiet, ...args, packed], {
    cwd: work,
    env,
  });
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' });
  const run: Installation['run'] = (program, words, stdin) =>
    start(join(prefix, 'bin', program), words, { cwd: work, env, stdin });
  return { prefix, folder: join(prefix, 'lib/node_modules/@beamd/cli'), run };
}

interface Start {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly stdin?: string | undefined;
}

function start(program: string, args: readonly string[], { stdin = '', ...options }: Start): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { ...options, timeout: 200_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
  });
}

/** The main job of the installed programs, their background programs with it. */
async function works({ run }: Installation): Promise<void> {
  const edge = keep(await startSelfHostedEdge());
  const version = new RegExp(`^beamd/${packageVersion().replaceAll('.', '\\.')} `);
  expect(await run('beamd', ['--version'])).toEqual({ code: 0, stdout: expect.stringMatching(version), stderr: '' });
  const login = await run('beamd', ['login', '--server', edge.origin, '--token', '-'], `${edge.token}\n`);
  expect({ code: login.code, stderr: login.stderr }).toEqual({ code: 0, stderr: '' });
  expect(await run('beamd', ['token'])).toEqual({ code: 0, stdout: `${edge.token}\n`, stderr: '' });
  expect(await run('runbeam', ['harmony:list'])).toMatchObject({ code: 0, stderr: '' });
  for (const line of [['--licenses'], ['completion', 'zsh']]) {
    expect(await run('runbeam', line)).toMatchObject({ code: 0, stdout: expect.stringMatching(/\S\n/), stderr: '' });
  }
}

describe.skipIf(WINDOWS)('npm install -g without a network', () => {
  let user: CliUser;
  let cold: Installation;
  beforeAll(async () => {
    user = bareMachine();
    cold = await install(user, 'cold', '--offline', '--ignore-scripts', '--cache', join(user.root, 'cache'));
  });

  test('and nothing in the cache: there is no keyring module, and that is no error', async () => {
    expect(existsSync(join(cold.folder, 'node_modules/@napi-rs/keyring'))).toBe(false);
    await works(cold);
    const accounts = join(user.homes.beamd, 'accounts');
    const [file = ''] = readdirSync(accounts);
    expect(readFileSync(join(accounts, file), 'utf8')).toContain('storage: age');
  });

  test('puts the pages where man finds them', () => {
    const linked = join(cold.prefix, 'share/man/man1');
    expect(readdirSync(linked).sort()).toEqual(readdirSync(join(cold.folder, 'dist/man')).sort());
    expect(lstatSync(join(linked, 'beamd-login.1')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(linked, 'beamd-login.1'), 'utf8')).toContain('Log in to an edge');
  });

  test('and a warm cache: the keyring module is there, without a compiler or scripts', async () => {
    const other = bareMachine();
    const folders = readdirSync(MODULES).map((name) => join(MODULES, name));
    const registry = await startRegistry(folders, mkdtempSync(join(scratch, 'registry-')));
    const cached = ['--cache', join(other.root, 'cache'), '--registry', registry.url];
    await install(other, 'first', ...cached);
    await registry.close();
    const asked = registry.asked.length;
    const installed = await install(other, 'warm', '--offline', '--ignore-scripts', ...cached);
    expect(asked).toBeGreaterThan(0);
    expect(registry.asked.length).toBe(asked);
    const probe = ['-p', "typeof require('@napi-rs/keyring').Entry"];
    expect(execFileSync(process.execPath, probe, { cwd: installed.folder, encoding: 'utf8' })).toBe('function\n');
    await works(installed);
  });
});
