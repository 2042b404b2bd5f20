/** The `.beamd` file of a project: where it is, what it selects, and how it is changed. */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { BeamError } from '../../errors.ts';
import { printable } from '../../text.ts';
import { fileError } from '../files/file-errors.ts';
import { readSmallFile, writeFileAtomic, type WriteOptions } from '../files/atomic-file.ts';
import { unknownKeys } from './project-keys.ts';
import { editYaml, parseYaml } from '../formats/yaml.ts';
import { PROJECT_FILE, PROJECT_LOCAL_FILE, type Homes } from '../paths.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** A `.beamd` file (with its `.beamd.local` overlay applied). It selects; it never holds a secret. */
export interface ProjectPin {
  /** The `.beamd` file, or the `.beamd.local` when there is no `.beamd`. */
  readonly path: string;
  /** The overlay that was applied, if any. */
  readonly localPath?: string;
  /** What the user should know about the files. */
  readonly warnings?: readonly string[];
  readonly server?: string;
  readonly scope?: string;
  readonly name?: string;
  readonly from?: string;
}

type Selection = Omit<ProjectPin, 'path' | 'localPath' | 'warnings'>;

/** What a project file may say; any other key is left alone. */
const PROJECT_FIELDS = ['server', 'scope', 'name', 'from'] as const;

/** Only a regular file counts: `~/.beamd` is a folder of the same name. */
function isRegularFile(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

interface ProjectFiles {
  readonly base?: string;
  readonly local?: string;
}

/** The nearest `.beamd` from the folder (an absolute path) upward, and the nearest `.beamd.local` up to it. */
function searchProject(cwd: string, homes: Homes): ProjectFiles {
  // The home folder may be known by another name than the one that leads here.
  const end = cwd.startsWith(`${homes.user}${sep}`) ? homes.user : realPath(homes.user);
  let local: string | undefined;
  for (let folder = cwd; ; folder = dirname(folder)) {
    const prefix = folder.endsWith(sep) ? folder : `${folder}${sep}`;
    const overlay = prefix + PROJECT_LOCAL_FILE;
    if (local === undefined && isRegularFile(overlay)) local = overlay;
    const base = prefix + PROJECT_FILE;
    const found = local === undefined ? {} : { local };
    if (isRegularFile(base)) return { ...found, base };
    if (folder === homes.user || folder === end || dirname(folder) === folder) return found;
  }
}

const SECRET = /(?:^|_)(?:token|secret|passw(?:or)?d|passphrase|credential|(?:api|private|access|encryption)_?key)s?$/u;
const KEY_IN_LINE = /^[\s{,?-]*["']?([\w.-]+)["']?\s*:/u;

function isSecretName(key: string): boolean {
  // accessToken and access-token are names for it, too.
  const name = key
    .replaceAll(/([a-z\d])([A-Z])/gu, '$1_$2')
    .replaceAll(/[-.]/gu, '_')
    .toLowerCase();
  return SECRET.test(name);
}

function secretFound(path: string, line: number, key: string): BeamError {
  return new BeamError('secret_in_project', `${path}:${String(line)} holds a secret (\`${printable(key, 40)}\`)`, {
    hint: { text: `Remove line ${String(line)} of ${path} and revoke the secret, for the file is made to be shared` },
  });
}

/** Before anything is parsed, so that a file with a secret is refused even if it is not valid. */
function refuseSecretLines(text: string, path: string): void {
  for (const [index, line] of text.split('\n').entries()) {
    const key = KEY_IN_LINE.exec(line)?.[1];
    if (key !== undefined && isSecretName(key)) throw secretFound(path, index + 1, key);
  }
}

/** Keys that the look at the lines cannot see: inside `{}`, or written with escapes. */
function refuseSecretKeys(value: unknown, text: string, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (isSecretName(key)) {
      const line = text.split('\n').findIndex((candidate) => candidate.includes(key));
      throw secretFound(path, Math.max(0, line) + 1, key);
    }
    refuseSecretKeys(member, text, path);
  }
}

async function parse(text: string, path: string, warnings: string[] = []): Promise<Selection> {
  refuseSecretLines(text, path);
  const document = await parseYaml(text, path);
  refuseSecretKeys(document, text, path);
  warnings.push(...unknownKeys(document, text, path));
  return pick(document, path);
}

function pick(document: Readonly<Record<string, unknown>>, path: string): Selection {
  const selection: { -readonly [K in keyof Selection]: Selection[K] } = {};
  for (const field of PROJECT_FIELDS) {
    const value = document[field];
    if (value === undefined || value === null || value === '') continue;
    if (typeof value !== 'string') {
      throw new BeamError('bad_file', `${path}: \`${field}\` is not text`, {
        hint: { text: `Put the value of \`${field}\` in quotes` },
      });
    }
    selection[field] = value;
  }
  return selection;
}

/** As git has it: what another user put in the way selects nothing. What root wrote, and what root looks at, is root's affair. */
function refuseOthers(path: string): void {
  const uid = process.getuid?.();
  const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
  if (uid === undefined || uid === 0 || owner === undefined || owner === 0 || owner === uid) return;
  throw new BeamError(
    'unsafe_path',
    `${path} belongs to another user (uid ${String(owner)}), so what it selects is not followed`,
    {
      hint: { text: 'Choose with --server and --scope, or make the file yours once you have read it' },
    },
  );
}

async function read(path: string | undefined, warnings: string[]): Promise<Selection> {
  if (path === undefined) return {};
  refuseOthers(path);
  return parse(readSmallFile(path) ?? '', path, warnings);
}

/**
 * What the project at `cwd` selects: the nearest `.beamd` upward (the home folder and the root are the last to be
 * looked in), overlaid by the nearest `.beamd.local` between. Undefined if there is neither.
 * Throws `secret_in_project` naming file and line, `bad_file`, `unsafe_path`.
 */
export async function findProjectPin(cwd: string, homes: Homes): Promise<ProjectPin | undefined> {
  const { base, local } = searchProject(cwd, homes);
  const path = base ?? local;
  if (path === undefined) return undefined;
  const warnings: string[] = [];
  const selection = { ...(await read(base, warnings)), ...(await read(local, warnings)) };
  const noted = warnings.length === 0 ? undefined : warnings;
  return omitUndefined({ path, localPath: local, warnings: noted, ...selection });
}

/** What one file says, without any other; nothing if it is not there. Throws as `findProjectPin`. */
export async function readProjectPin(path: string): Promise<Selection> {
  return parse(readSmallFile(path) ?? '', path);
}

/**
 * Sets what is given of `server`, `scope`, `name` and `from` in `.beamd` (or `.beamd.local`) of a folder, keeping the
 * rest of the file; an empty text takes a field out. Returns its path. Throws `secret_in_project`, `bad_file`, `unsafe_path`, `storage`,
 * `storage_full`.
 */
export async function writeProjectPin(folder: string, pin: Selection, options: { readonly local: boolean }): Promise<string> {
  const path = join(folder, options.local ? PROJECT_LOCAL_FILE : PROJECT_FILE);
  const text = readSmallFile(path) ?? '';
  await parse(text, path);
  const given = PROJECT_FIELDS.filter((field) => pin[field] !== undefined);
  const changes = Object.fromEntries(given.map((field) => [field, pin[field] === '' ? undefined : pin[field]]));
  writeFileAtomic(path, await editYaml(text, path, changes), accessOf(path, options.local));
  return path;
}

/** A project file is for everyone who works on the project, unless it is the personal one. */
function accessOf(path: string, local: boolean): WriteOptions {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats !== undefined) return { mode: stats.mode & 0o777 };
  } catch (error) {
    throw fileError(error, 'read', path);
  }
  return { shared: !local };
}
