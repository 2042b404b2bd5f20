/** What is known of a release when packages for people are made of it. */

/** The other names of the executable `beamd`: what it is called tells which program it is (`src/entry/standalone.ts`). */
export const FURTHER_NAMES = ['runbeam', 'git-credential-beamd', 'docker-credential-beamd'] as const;

/** Where a project is kept, as one setting names it. Nothing that needs it is made without. */
export interface Repository {
  /** Its page: `https://…`, without a slash at the end. */
  readonly homepage: string;
  /** The folder that the files of this release are downloaded from, without a slash at the end. */
  readonly downloads: string;
}

export interface Release {
  readonly version: string;
  /** One line. */
  readonly description: string;
  /** SPDX. */
  readonly license: string;
  /** Seconds: what every file in a package is dated with, so that two builds are one. */
  readonly epoch: number;
}

/** A file of the release, as it is downloaded. */
export interface Download {
  readonly name: string;
  /** In lower-case hexadecimal digits. */
  readonly sha256: string;
}

/** The downloads by name. Throws for one that a package names and the release does not have. */
export function downloadsOf(downloads: readonly Download[]): (name: string) => Download {
  const byName = new Map(downloads.map((one) => [one.name, one]));
  return (name) => {
    const found = byName.get(name);
    if (found === undefined) throw new Error(`The release has no ${name}`);
    return found;
  };
}

/**
 * The description as Homebrew and Debian take it: 80 characters at most, without a full stop and without the name of the
 * package at the beginning. Throws for one that is longer.
 */
export function shortDescription(description: string): string {
  const [first = ''] = description.replace(/^beamd and runbeam: /, '').split('. ');
  const text = first.charAt(0).toUpperCase() + first.slice(1).replace(/\.$/, '');
  if (text.length > 80) throw new Error(`The description is too long for a package: ${text}`);
  return text;
}
