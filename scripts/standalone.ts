/**
 * `npm run build:standalone`: executables that are both bins and all background programs, in release/. All systems, or those
 * named: `-- --target linux-x64`.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleStandalone } from './build.ts';
import { ROOT } from './repository.ts';
import { installTools, type System } from './tools.ts';

interface Target extends System {
  /** The package of Bun for it. Where there is a choice, the one that needs no newer processor: it starts as fast. */
  readonly bun: string;
  readonly keyring: string;
}

/** What executables are built for, by the name that they carry. */
export const TARGETS: Readonly<Record<string, Target>> = {
  'linux-x64': { os: 'linux', cpu: 'x64', libc: 'glibc', bun: 'linux-x64-baseline', keyring: 'linux-x64-gnu' },
  'linux-x64-musl': { os: 'linux', cpu: 'x64', libc: 'musl', bun: 'linux-x64-musl-baseline', keyring: 'linux-x64-musl' },
  'linux-arm64': { os: 'linux', cpu: 'arm64', libc: 'glibc', bun: 'linux-aarch64', keyring: 'linux-arm64-gnu' },
  'linux-arm64-musl': { os: 'linux', cpu: 'arm64', libc: 'musl', bun: 'linux-aarch64-musl', keyring: 'linux-arm64-musl' },
  'darwin-x64': { os: 'darwin', cpu: 'x64', bun: 'darwin-x64-baseline', keyring: 'darwin-x64' },
  'darwin-arm64': { os: 'darwin', cpu: 'arm64', bun: 'darwin-aarch64', keyring: 'darwin-arm64' },
  'windows-x64': { os: 'win32', cpu: 'x64', bun: 'windows-x64-baseline', keyring: 'win32-x64-msvc' },
};

const BUNDLE = join(ROOT, '.build/standalone');

/**
 * Of themselves such executables read files of the folder they are started in, and one of these (`bunfig.toml`) names code to
 * run first. All of them are named, also those that are off today.
 */
const READ_NOTHING = ['dotenv', 'bunfig', 'tsconfig', 'package-json'].map((name) => `--no-compile-autoload-${name}`);

/** What is installed for a target: Bun's own executable, and the keyring's native module. */
function toolsOf({ bun, keyring, os, cpu, libc }: Target): { readonly bun: string; readonly keyring: string } {
  const modules = installTools('standalone', { os, cpu, ...(libc === undefined ? {} : { libc }) });
  return {
    bun: join(modules, '@oven', `bun-${bun}`, 'bin', os === 'win32' ? 'bun.exe' : 'bun'),
    keyring: join(modules, '@napi-rs', `keyring-${keyring}`, `keyring.${keyring}.node`),
  };
}

/** This machine's own name among the targets. */
export function hostName(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  // Node's report names the version of glibc it runs on; where there is none, it is musl.
  const musl = process.platform === 'linux' && !JSON.stringify(process.report.getReport()).includes('glibcVersionRuntime');
  return `${platform}-${process.arch}${musl ? '-musl' : ''}`;
}

function targetOf(name: string): Target {
  const target = Object.hasOwn(TARGETS, name) ? TARGETS[name] : undefined;
  if (target === undefined) throw new Error(`no executable is built for ${name}, only for ${Object.keys(TARGETS).join(', ')}`);
  return target;
}

/** Machine code is made ten times later than usual: commands are over before it would have paid. */
const FOR_SHORT_RUNS = '--compile-jit-policy=10';

/** Makes the executable of a target of the bundles in a folder. `order`: files that say what is loaded first. */
function compile(name: string, bundle: string, file: string, order: readonly string[] = []): void {
  const tools = toolsOf(targetOf(name));
  const compiler = toolsOf(targetOf(hostName())).bun;
  copyFileSync(tools.keyring, join(bundle, 'keyring.node'));
  const args = [
    ...['build', '--compile', '--minify', '--bytecode', FOR_SHORT_RUNS, ...READ_NOTHING],
    ...order.map((path) => `--bytecode-order=${path}`),
    ...[`--target=bun-${targetOf(name).bun}`, `--compile-executable-path=${tools.bun}`],
    ...[`--define=BEAMD_STANDALONE=${JSON.stringify(name)}`, '--asset=keyring.node', `--outfile=${MADE}`, './standalone.cjs'],
  ];
  // Nothing of whoever builds: Bun takes settings from a home folder, and options from the environment.
  const { PATH = '', TMPDIR = '' } = process.env;
  const env = { PATH, HOME: bundle, ...(TMPDIR === '' ? {} : { TMPDIR }) };
  const made = spawnSync(compiler, args, { cwd: bundle, env, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`The executable for ${name} could not be built:\n${made.stdout}${made.stderr}`);
  // Renamed, not written over: an agent that runs from the old one keeps it.
  const [found = MADE] = readdirSync(bundle).filter((each) => each.startsWith(MADE));
  renameSync(join(bundle, found), file);
}

/** What the compiler writes, before it gets its name; on Windows there is `.exe` behind it. */
const MADE = 'made';

/** What is run to see what everyday commands load; the first is a login with a token, at a port where nobody listens. */
const EVERYDAY = [
  ['login', '--server', '127.0.0.1:9', '--token', '-'],
  ...['token', 'whoami', 'orgs', 'default', 'status', '--help'].map((word) => [word]),
  ['agent', 'stop'],
];

/** A release is made twice, and what is observed is never quite the same: so it is looked at once in a process. */
let observed: string[] | undefined;

/** Runs everyday commands of this machine's own executable. Returns files that say what they load, in which order. */
function observe(bundle: string): string[] {
  const home = join(bundle, 'home');
  const file = join(bundle, 'first');
  compile(hostName(), bundle, file);
  mkdirSync(home);
  const folder = mkdtempSync(join(ROOT, '.build', 'order-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const paths = EVERYDAY.map((_, index) => join(folder, `order-${index}`));
  for (const [index, args] of EVERYDAY.entries()) {
    const env = { HOME: home, TMPDIR: home, BUN_BYTECODE_ORDER_OUT: paths[index] };
    const ran = spawnSync(file, args, { cwd: home, env, input: 'none\n', encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`The executable cannot be observed: ${args.join(' ')} says ${ran.stderr}`);
  }
  return paths;
}

/** The executable of this machine's own kind. `version` other than package.json's: only tests build one. */
export async function buildExecutable(file: string, version: string): Promise<void> {
  const bundle = `${file}.bundle`;
  await bundleStandalone(bundle, version);
  compile(hostName(), bundle, file);
  rmSync(bundle, { recursive: true });
}

/** Makes the executables of these names in a folder, or those of all systems, and returns their files. */
export async function buildExecutables(folder: string, names: readonly string[] = Object.keys(TARGETS)): Promise<string[]> {
  for (const name of names) targetOf(name);
  await bundleStandalone(BUNDLE);
  mkdirSync(folder, { recursive: true });
  const order = (observed ??= observe(BUNDLE));
  return names.map((name) => {
    const file = join(folder, `beamd-${name}${targetOf(name).os === 'win32' ? '.exe' : ''}`);
    compile(name, BUNDLE, file, order);
    return file;
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { target: { type: 'string', multiple: true } } });
  for (const file of await buildExecutables(join(ROOT, 'release'), values.target)) console.log(relative(ROOT, file));
}

if (basename(process.argv[1] ?? '') === 'standalone.js') await main();
