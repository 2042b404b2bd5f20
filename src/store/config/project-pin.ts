/** The `.beamd` file of a project. No yaml library is loaded unless the file needs one. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { BeamError } from '../../errors.ts';
import { printable } from '../../text.ts';
import { fileError } from '../files/file-errors.ts';
import { readSmallFile, writeFileAtomic, type WriteOptions } from '../files/atomic-file.ts';
import { parseFlatYaml } from '../formats/flat-yaml.ts';
import { PROJECT_FIELDS, searchProject } from './project-search.ts';
import { PROJECT_FILE, PROJECT_LOCAL_FILE, type Homes } from '../paths.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** A `.beamd` file (with its `.beamd.local` overlay applied). It selects; it never holds a secret. */
export interface ProjectPin {
  /** The `.beamd` file, or the `.beamd.local` when there is no `.beamd`. */
  readonly path: string;
  /** The overlay that was applied, if any. */
  readonly localPath?: string;
  readonly server?: string;
  readonly scope?: string;
  readonly name?: string;
  readonly from?: string;
}

type Selection = Omit<ProjectPin, 'path' | 'localPath'>;

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

async function parse(text: string, path: string): Promise<Selection> {
  refuseSecretLines(text, path);
  const flat = parseFlatYaml(text);
  if (flat !== undefined) return pick(flat, path);
  const { parseYamlObject } = await import('../formats/yaml.ts');
  const document = await parseYamlObject(text, path);
  refuseSecretKeys(document, text, path);
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

async function read(path: string | undefined): Promise<Selection> {
  if (path === undefined) return {};
  return parse(readSmallFile(path) ?? '', path);
}

/**
 * What the project at `cwd` selects: the nearest `.beamd` upward (the home folder and the root are the last to be
 * looked in), overlaid by the nearest `.beamd.local` between. Undefined if there is neither.
 * Throws `secret_in_project` naming file and line, `bad_file`.
 */
export async function findProjectPin(cwd: string, homes: Homes): Promise<ProjectPin | undefined> {
  const { base, local } = searchProject(cwd, homes);
  const path = base ?? local;
  if (path === undefined) return undefined;
  const selection = { ...(await read(base)), ...(await read(local)) };
  return omitUndefined({ path, localPath: local, ...selection });
}

/**
 * Sets what is given of `server`, `scope`, `name` and `from` in `.beamd` (or `.beamd.local`) of a folder, keeping the
 * rest of the file. Returns its path. Throws `secret_in_project`, `bad_file`, `unsafe_path`, `storage`.
 */
export async function writeProjectPin(folder: string, pin: Selection, options: { readonly local: boolean }): Promise<string> {
  const path = join(folder, options.local ? PROJECT_LOCAL_FILE : PROJECT_FILE);
  const text = readSmallFile(path) ?? '';
  await parse(text, path);
  const { editYaml } = await import('../formats/yaml.ts');
  const given = PROJECT_FIELDS.filter((field) => pin[field] !== undefined);
  const changes = Object.fromEntries(given.map((field) => [field, pin[field]]));
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
