/** What a release consists of, and what stands in the way of publishing one. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildProduct } from './build.ts';
import { standaloneNotice } from './licenses.ts';
import { packPackage } from './package.ts';
import { canBuildDebs } from './packages/deb.ts';
import { makePackages } from './packages/make-packages.ts';
import type { Repository } from './packages/release.ts';
import { packageManifest, ROOT } from './repository.ts';
import { writeSbom } from './sbom.ts';
import { sha256Of } from './sha256.ts';
import { buildExecutables } from './standalone.ts';

/** The file that names the others of a release with their hashes. */
export const SUMS = 'SHA256SUMS';

/** What a release is made of, told once. */
export interface ReleaseSource {
  readonly version: string;
  /** Unix seconds of what is released. */
  readonly time: number;
  /** The one setting that says where the repository is: RELEASE_REPOSITORY. */
  readonly repository: string | undefined;
}

/**
 * Makes all of a release in an empty folder. The same source gives the same bytes, in whatever folder. `executables` makes
 * those; tests give smaller ones.
 */
export async function makeRelease(
  folder: string,
  { version, time, repository }: ReleaseSource,
  executables: (folder: string) => Promise<unknown> = buildExecutables,
): Promise<void> {
  const dist = join(folder, 'dist');
  const day = new Date(time * 1000).toISOString().slice(0, 10);
  const bundled = await buildProduct(dist, version, day);
  const tarball = packPackage({ dist, into: folder, repository });
  await executables(folder);
  makePackages({
    ...{ folder, dist, copyright: `${readFileSync(join(ROOT, 'LICENSE'), 'utf8')}\n${standaloneNotice(bundled)}` },
    release: { version, epoch: time, ...descriptionOf(packageManifest()) },
    repository: repository === undefined ? undefined : placesOf(repository, version),
  });
  rmSync(dist, { recursive: true });
  writeFileSync(tarball.replace(/\.tgz$/, '.cdx.json'), writeSbom({ bundled, tarball, repository, time }));
  writeFileSync(join(folder, SUMS), sums(folder));
}

function descriptionOf({ description, license }: Readonly<Record<string, unknown>>): { description: string; license: string } {
  return { description: String(description), license: String(license) };
}

/** Where forges keep the files of a release. */
function placesOf(repository: string, version: string): Repository {
  return { homepage: repository, downloads: `${repository}/releases/download/v${version}` };
}

/** Makes the npm package alone, of the built product. Returns its path. */
export function makePackage(folder: string, { repository }: Pick<ReleaseSource, 'repository'>): string {
  mkdirSync(folder, { recursive: true });
  return packPackage({ dist: join(ROOT, 'dist'), into: folder, repository });
}

/** As `sha256sum` writes it, and `sha256sum --check` reads it. */
function sums(folder: string): string {
  const line = (name: string): string => `${sha256Of(join(folder, name))}  ${name}\n`;
  return readdirSync(folder).sort().map(line).join('');
}

/** What stands in the way of publishing this. */
export function obstacles({ version, repository }: ReleaseSource): string[] {
  const found: string[] = [];
  if (repository === undefined) found.push('RELEASE_REPOSITORY does not say where the repository is: the package names none');
  if (
    !new RegExp(`^## ${version.replaceAll('.', '\\.')} \\(\\d{4}-\\d\\d-\\d\\d\\)$`, 'm').test(
      readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'),
    )
  ) {
    found.push(`CHANGELOG.md has no heading "## ${version} (YYYY-MM-DD)"`);
  }
  if (!canBuildDebs()) found.push('there is no dpkg-deb here, and so no Debian package');
  if (!existsSync(join(ROOT, '.git')) || git('status', '--porcelain') !== '') {
    found.push('the source is not what is committed');
  }
  return found;
}

/** What git says of this checkout. Throws where there is no git, or no repository. */
export function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}
