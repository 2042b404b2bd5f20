/** The manifest for Scoop. */
import { downloadsOf, FURTHER_NAMES, type Download, type Release, type Repository } from './release.ts';

const EXECUTABLE = 'beamd-windows-x64.exe';

/**
 * `beamd.json`. The executable knows by its own name which program it is, and a shim of Scoop calls it by its path: so there
 * are further names for the same file.
 */
export function scoopManifest(release: Release, repository: Repository, downloads: readonly Download[]): string {
  const { name, sha256 } = downloadsOf(downloads)(EXECUTABLE);
  const manifest = {
    version: release.version,
    description: release.description,
    homepage: repository.homepage,
    license: release.license,
    architecture: { '64bit': { url: `${repository.downloads}/${name}#/beamd.exe`, hash: sha256 } },
    pre_install: FURTHER_NAMES.map((other) => {
      return `New-Item -ItemType HardLink -Path "$dir\\${other}.exe" -Target "$dir\\beamd.exe" | Out-Null`;
    }),
    bin: ['beamd', ...FURTHER_NAMES].map((each) => `${each}.exe`),
  };
  return `${JSON.stringify(manifest, undefined, 4)}\n`;
}
