/** What may not stand in any tracked file: secrets, paths of one machine, addresses of registries. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ROOT } from './repository.ts';

/** Larger tracked files are data, read by nobody line by line. */
const MAX_SCANNED_BYTES = 2 * 1024 * 1024;

const FORBIDDEN: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'a path of one machine',
    pattern: /(?:^|[\s'"`(=:])\/(?:work|root|Users\/\w+|home\/(?!a\b|u\b|user\b|alice\b|you\b|node\b)\w+)\//,
  },
  {
    what: 'the address of a package registry',
    pattern: /registry\.(?:npmjs\.org|yarnpkg\.com)/,
  },
  { what: 'an age secret key', pattern: /AGE-SECRET-KEY-1[0-9A-Z]{58}/ },
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
  { what: 'a JSON web token', pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/ },
  {
    what: 'a token',
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}|sk_live_\w{16,}|AKIA[0-9A-Z]{16}|xox[bp]-[\w-]{20,})/,
  },
];

/** A problem for each line of `text` and each thing in it that may not be there. `path` is what the problem names. */
export function scanText(path: string, text: string): string[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(({ what }) => `${path}:${index + 1} holds ${what}`),
    );
}

/** A problem for each package of a lock file that names the address it came from: another machine has another one. */
export function scanLockFile(path: string, text: string): string[] {
  const lock: unknown = JSON.parse(text);
  if (typeof lock !== 'object' || lock === null || !('packages' in lock)) return [`${path} lists no packages`];
  return Object.entries(lock.packages ?? {})
    .filter(([, entry]: [string, unknown]) => typeof entry === 'object' && entry !== null && 'resolved' in entry)
    .map(([name]) => `${path}: ${name} names the address it came from (see .npmrc)`);
}

function trackedFiles(): string[] {
  return execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)));
}

/** The problems of all tracked files. */
export function checkTrackedFiles(): string[] {
  if (!existsSync(join(ROOT, '.git'))) return ['not a git work tree: nothing to scan'];
  return trackedFiles()
    .filter((path) => statSync(join(ROOT, path)).size <= MAX_SCANNED_BYTES)
    .flatMap((path) => scanText(path, readFileSync(join(ROOT, path), 'utf8')));
}

/** The problems of every lock file: the product's, and those of the folders under tools/. */
export function checkLockFiles(): string[] {
  const paths = trackedFiles().filter((path) => basename(path) === 'package-lock.json');
  if (!paths.includes('package-lock.json')) return ['package-lock.json is not tracked'];
  return paths.flatMap((path) => scanLockFile(path, readFileSync(join(ROOT, path), 'utf8')));
}
