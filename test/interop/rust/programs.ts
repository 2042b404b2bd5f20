/** The real Rust programs: installed with cargo into a folder of this checkout, once, and found there from then on. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../../sandbox/testing.ts';

const CLI_VERSION = '0.9.0';
const SDK_VERSION = '0.11.0';
const CACHE = join(PACKAGE_ROOT, '.build', 'rust', `${CLI_VERSION}-${SDK_VERSION}`);
const SOURCE = join(PACKAGE_ROOT, 'test', 'interop', 'rust', 'store');
const TARGET = join(CACHE, 'target');
const suffix = process.platform === 'win32' ? '.exe' : '';

/** Where the programs are. */
export interface RustPrograms {
  /** `runbeam` of the crate runbeam-cli. */
  readonly cli: string;
  /** Our own program over the crate runbeam-sdk: test/interop/rust/store. */
  readonly store: string;
}

/** Debug builds: what counts is that they are built soon. Says on the console what it does, since it takes minutes. */
function cargo(what: string, args: readonly string[]): boolean {
  console.warn(`building ${what} in ${CACHE}`);
  const env = { ...process.env, CARGO_PROFILE_DEV_DEBUG: '0', CARGO_TARGET_DIR: TARGET };
  return spawnSync('cargo', args, { env, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

function installCli(): boolean {
  const args = ['install', 'runbeam-cli', '--version', CLI_VERSION, '--locked', '--debug', '--root', join(CACHE, 'cli')];
  return existsSync(join(CACHE, 'cli', 'bin', `runbeam${suffix}`)) || cargo(`runbeam-cli ${CLI_VERSION}`, args);
}

/** The lock file with which the CLI was published: then both programs have one SDK, of the same parts. */
function publishedLock(): string | undefined {
  const sources = join(process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'), 'registry', 'src');
  const registries = existsSync(sources) ? readdirSync(sources) : [];
  const paths = registries.map((name) => join(sources, name, `runbeam-cli-${CLI_VERSION}`, 'Cargo.lock'));
  return paths.find((path) => existsSync(path));
}

function buildStore(): boolean {
  const copy = join(CACHE, 'store');
  mkdirSync(copy, { recursive: true });
  cpSync(SOURCE, copy, { recursive: true, preserveTimestamps: true });
  const lock = publishedLock();
  if (lock !== undefined && !existsSync(join(copy, 'Cargo.lock'))) copyFileSync(lock, join(copy, 'Cargo.lock'));
  return cargo(`a program over runbeam-sdk ${SDK_VERSION}`, ['build', '--manifest-path', join(copy, 'Cargo.toml')]);
}

/** The programs, or nothing, with the reason on the console. In CI nothing is skipped. */
export function rustPrograms(): RustPrograms | undefined {
  const reason =
    spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status !== 0
      ? 'cargo is not installed (https://rustup.rs)'
      : !installCli() || !buildStore()
        ? 'the crates could not be fetched or built'
        : undefined;
  if (reason === undefined) {
    return { cli: join(CACHE, 'cli', 'bin', `runbeam${suffix}`), store: join(TARGET, 'debug', `store${suffix}`) };
  }
  if (process.env['CI'] === 'true') throw new Error(reason);
  console.warn(`skipped: ${reason}`);
  return undefined;
}
