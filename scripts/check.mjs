// `npm run check`: everything that can be said about the tree without running the product.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';

/** Larger tracked files are data, read by nobody line by line. */
const MAX_SCANNED_BYTES = 2 * 1024 * 1024;

// Written in pieces so that this file does not find itself.
const FORBIDDEN = [
  {
    what: 'a path of one machine',
    pattern: /(?:^|[\s'"`(=:])\/(?:work|root|Users\/\w+|home\/(?!a\b|u\b|user\b|alice\b|you\b)\w+)\//,
  },
  {
    what: 'the address of a package registry',
    pattern: new RegExp(['registry\\.npmjs', '\\.org|registry\\.yarnpkg', '\\.com'].join('')),
  },
  { what: 'an age secret key', pattern: new RegExp(`AGE-SECRET-KEY-${'1'}[0-9A-Z]{58}`) },
  { what: 'a private key', pattern: new RegExp(`-----BEGIN [A-Z ]*PRIVATE${' '}KEY-----`) },
  { what: 'a JSON web token', pattern: /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/ },
  {
    what: 'a token',
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}|sk_live_\w{16,}|AKIA[0-9A-Z]{16}|xox[bp]-[\w-]{20,})/,
  },
];

function run(name, command, args) {
  return () => {
    const result = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
    return result.status === 0 ? [] : [`${name} failed (${result.status ?? result.signal ?? result.error?.code})`];
  };
}

function trackedFiles() {
  return execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && existsSync(path));
}

function scanFile(path) {
  if (statSync(path).size > MAX_SCANNED_BYTES) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.flatMap((line, index) =>
    FORBIDDEN.filter(({ pattern }) => pattern.test(line)).map(({ what }) => `${path}:${index + 1} holds ${what}`),
  );
}

function scanTracked() {
  return existsSync('.git') ? trackedFiles().flatMap(scanFile) : ['not a git work tree: nothing to scan'];
}

function scanLockfile() {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  return Object.entries(lock.packages)
    .filter(([, entry]) => typeof entry.resolved === 'string')
    .map(([name]) => `package-lock.json: ${name} names the address it came from (see .npmrc)`);
}

const npx = (name, ...args) => run(name, process.execPath, args);

const STEPS = [
  ['types', npx('tsc', 'node_modules/typescript/bin/tsc', '--noEmit')],
  ['lint', npx('eslint', 'node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0')],
  ['unused exports, files and dependencies', npx('knip', 'node_modules/knip/bin/knip.js')],
  ['generated files', npx('generate', '.build/generate.js', '--check')],
  ['lockfile', scanLockfile],
  ['tracked files', scanTracked],
];

function main() {
  // The generator runs from the build.
  const built = spawnSync(process.execPath, ['scripts/ready.mjs', '--build'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (built.status !== 0) return 1;
  const failed = [];
  for (const [name, step] of STEPS) {
    console.log(`check: ${name}`);
    const problems = step();
    for (const problem of problems) console.error(`  ${problem}`);
    if (problems.length > 0) failed.push(name);
  }
  console.log(failed.length === 0 ? `check: all ${STEPS.length} passed` : `check: failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

process.exitCode = main();
