/** The packages for people, made of the files of a release. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { containerfile } from './containerfile.ts';
import { buildDeb, canBuildDebs, DEB_ARCHITECTURES } from './deb.ts';
import { homebrewFormula } from './homebrew.ts';
import type { Release, Repository } from './release.ts';
import { scoopManifest } from './scoop.ts';
import { sha256Of } from '../sha256.ts';

/** Debian's folder below /usr/share for what a shell completes with, and its name there. */
const COMPLETIONS: Readonly<Record<string, (name: string) => string>> = {
  bash: (name) => `bash-completion/completions/${name}`,
  zsh: (name) => `zsh/vendor-completions/${name}`,
  fish: (name) => `fish/vendor_completions.d/${name}`,
};

export interface PackagesInput {
  /** Holds the executables, and gets the packages. */
  readonly folder: string;
  /** The built product, with man pages and completions. */
  readonly dist: string;
  readonly release: Release;
  /** Our license and those of what is in the executables. */
  readonly copyright: string;
  /** Absent: what names an address is not made. */
  readonly repository?: Repository | undefined;
}

/** Makes two Debian packages, where dpkg-deb is, the container's files and, where the repository is known, what Homebrew and Scoop read. */
export function makePackages({ folder, dist, release, copyright, repository }: PackagesInput): void {
  const manPages = new Map(readdirSync(join(dist, 'man')).map((name) => [name, readFileSync(join(dist, 'man', name), 'utf8')]));
  const completions = completionsOf(join(dist, 'completions'));
  for (const cpu of ['x64', 'arm64'] as const) {
    const executable = join(folder, `beamd-linux-${cpu}`);
    const input = { release, cpu, executable, manPages, completions, copyright, ...(repository && { repository }) };
    if (canBuildDebs()) buildDeb(input, folder);
    const architecture = DEB_ARCHITECTURES[cpu];
    writeFileSync(join(folder, `Containerfile.${architecture}`), containerfile(architecture));
  }
  if (repository === undefined) return;
  const downloads = readdirSync(folder)
    .filter((name) => name.startsWith('beamd-'))
    .map((name) => ({
      name,
      sha256: sha256Of(join(folder, name)),
    }));
  writeFileSync(join(folder, 'beamd.rb'), homebrewFormula(release, repository, downloads));
  writeFileSync(join(folder, 'beamd.json'), scoopManifest(release, repository, downloads));
}

function completionsOf(folder: string): Map<string, string> {
  return new Map(
    Object.entries(COMPLETIONS).flatMap(([shell, place]) =>
      readdirSync(join(folder, shell)).map((name) => [place(name), readFileSync(join(folder, shell, name), 'utf8')] as const),
    ),
  );
}
