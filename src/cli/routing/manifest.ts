/** The command manifest: what help, routing and parsing know of each command without loading it. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from '@oclif/core/command';
import { BeamError } from '../../errors.ts';
import { embeddedLicenses, embeddedManifest } from '../../programs.ts';
import { looseJson } from '../../loose-json.ts';

export type Bin = 'beamd' | 'runbeam';

/** What stands between a topic and its command, as a user types it. */
export const TOPIC_SEPARATORS: Readonly<Record<Bin, ' ' | ':'>> = { beamd: ' ', runbeam: ':' };

/** `oclif.manifest.json`: the commands of both bins, each id with its bin in front (`beamd:login`). */
export interface Manifest {
  readonly version: string;
  readonly commands: Readonly<Record<string, Command.Cached>>;
}

const FILE = 'oclif.manifest.json';

/** The manifest of this very installation. Throws `failed`. */
export function ownManifest(): Manifest {
  const embedded = embeddedManifest();
  return embedded === undefined ? readManifest(packageRoot()) : parseManifest(embedded);
}

/** Beside the programs: the licenses of what is bundled in them, as the build found them. */
export const LICENSES_FILE = 'THIRD-PARTY-LICENSES';

/** The licenses of what this very installation has bundled, to be read. Throws `failed`. */
export function ownLicenses(): string {
  return embeddedLicenses() ?? readLicenses(packageRoot());
}

/** The folder of the package: the nearest one upward that holds the manifest. */
function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, FILE))) {
    const parent = dirname(folder);
    if (parent === folder) throw damaged(FILE);
    folder = parent;
  }
  return folder;
}

/** Reads the manifest of a package. Throws `failed`. */
export function readManifest(root: string): Manifest {
  try {
    return parseManifest(readFileSync(join(root, FILE), 'utf8'));
  } catch (error) {
    throw error instanceof BeamError ? error : damaged(FILE);
  }
}

/** It is our own generated file: what stands in a command is trusted. */
function parseManifest(text: string): Manifest {
  const manifest = looseJson(text);
  if (!isManifest(manifest)) throw damaged(FILE);
  return manifest;
}

/** The licenses of a package, to be read. Throws `failed`. */
export function readLicenses(root: string): string {
  try {
    return readFileSync(join(root, 'dist', LICENSES_FILE), 'utf8');
  } catch {
    throw damaged(LICENSES_FILE);
  }
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null || !('version' in value) || !('commands' in value)) return false;
  return typeof value.version === 'string' && typeof value.commands === 'object' && value.commands !== null;
}

/** The commands of one bin, without the bin's prefix. */
export function commandsOf(manifest: Manifest, bin: Bin): Map<string, Command.Cached> {
  const prefix = `${bin}:`;
  const commands = new Map<string, Command.Cached>();
  for (const [id, command] of Object.entries(manifest.commands)) {
    if (id.startsWith(prefix)) commands.set(id.slice(prefix.length), { ...command, id: id.slice(prefix.length) });
  }
  return commands;
}

function damaged(file: string): BeamError {
  return new BeamError('failed', `The installation is damaged: ${file} cannot be read`, {
    hint: { text: 'install @beamd/cli again' },
  });
}

/** Imports the module of one command. */
export type CommandLoader = () => Promise<{ default: Command.Class }>;

/** Commands by id, the bin's name in front: `runbeam:harmony:add`. */
export type CommandLoaders = Readonly<Record<string, CommandLoader>>;
