/**
 * `npm run release`: makes in release/ all that a release consists of, twice and from scratch, and fails if the two differ.
 * Publishes nothing. `--package` makes the npm package alone, once. With `--tag vX.Y.Z` it also fails for what must not be published.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { variable } from '../src/environment.ts';
import { git, makePackage, makeRelease, obstacles, SUMS, type ReleaseSource } from './make-release.ts';
import { packageVersion, ROOT } from './repository.ts';

const RELEASE = join(ROOT, 'release');

/** The time that is asked for, else that of the commit: the same source is always of the same time. */
function releaseTime(): number {
  const asked = variable(process.env, 'SOURCE_DATE_EPOCH');
  const seconds = Number(asked ?? git('log', '-1', '--format=%ct'));
  if (Number.isSafeInteger(seconds) && seconds > 0) return seconds;
  throw new Error('The time of the release is not known: no commit, and no seconds in SOURCE_DATE_EPOCH');
}

/** Makes it twice and keeps one. Throws if the two differ. */
async function makeTwice(source: ReleaseSource): Promise<void> {
  const scratch = mkdtempSync(join(ROOT, '.build', 'release-'));
  try {
    const made = ['one', 'two'].map((name) => join(scratch, name));
    for (const folder of made) {
      mkdirSync(folder);
      await makeRelease(folder, source);
    }
    const [one = '', two = ''] = made.map((folder) => readFileSync(join(folder, SUMS), 'utf8'));
    if (one !== two) throw new Error(`Made twice, a release is two:\n${one}\n${two}`);
    rmSync(RELEASE, { recursive: true, force: true });
    renameSync(join(scratch, 'one'), RELEASE);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function tell(source: ReleaseSource, against: readonly string[]): void {
  const files = readdirSync(RELEASE).map((name) => `  ${name} (${statSync(join(RELEASE, name)).size} bytes)`);
  console.log(
    ['Made twice, with the same bytes, in release/:', ...files, '', readFileSync(join(RELEASE, SUMS), 'utf8')].join('\n'),
  );
  console.log('Nothing was published. docs/releasing.md says how it is. Next:');
  const tag = `git tag -s v${source.version} && git push origin v${source.version}`;
  const steps = against.length === 0 ? [tag] : [...against.map((one) => `mend: ${one}`), 'npm run release'];
  for (const step of steps) console.log(`  ${step}`);
}

async function main(): Promise<number> {
  const { tag, package: packageOnly } = parseArgs({ options: { tag: { type: 'string' }, package: { type: 'boolean' } } }).values;
  const source = { version: packageVersion(), time: releaseTime(), repository: variable(process.env, 'RELEASE_REPOSITORY') };
  if (packageOnly === true) {
    console.log(relative(ROOT, makePackage(RELEASE, source)));
    return 0;
  }
  const against = obstacles(source);
  if (tag !== undefined && tag !== `v${source.version}`) against.push(`${tag} is not the tag of version ${source.version}`);
  if (tag !== undefined && against.length > 0) {
    for (const one of against) console.error(`release: ${one}`);
    return 1;
  }
  await makeTwice(source);
  tell(source, against);
  return 0;
}

process.exitCode = await main();
