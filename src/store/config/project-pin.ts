/**
 * The `.beamd` file of a project, or the `beamd.yaml` of the Go `beamd`: where it is, what it selects, and how it is changed.
 */
import { lstatSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { BeamError } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { printable } from '../../text.ts';
import { fileError } from '../files/file-errors.ts';
import { readSmallFile, writeFileAtomic, type WriteOptions } from '../files/atomic-file.ts';
import { unknownKeys } from './project-keys.ts';
import { isSecretName, refuseSecretLines, secretFound } from './secret-lines.ts';
import { editYaml, lineOfKey, parseYaml } from '../formats/yaml.ts';
import { GO_PROJECT_FILE, GO_PROJECT_LOCAL_FILE, PROJECT_FILE, PROJECT_LOCAL_FILE, type Homes } from '../paths.ts';
import { parseServer, sameServer } from '../server.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** A `.beamd` file (with its `.beamd.local` overlay applied). It selects; it never holds a secret. */
export interface ProjectPin {
  /** The `.beamd` (or `beamd.yaml`) file, or the overlay when there is none. */
  readonly path: string;
  /** The overlay that was applied, if any. */
  readonly localPath?: string;
  /** What the overlay says. Absent where there is none. */
  readonly localFields?: readonly (keyof Selection)[];
  /** What the user should know about the files. */
  readonly warnings?: readonly string[];
  readonly server?: string;
  /** Name of the account on that server. */
  readonly account?: string;
  readonly scope?: string;
  readonly name?: string;
  readonly from?: string;
}

type Selection = Partial<Record<(typeof PROJECT_FIELDS)[number], string>>;

/** A line of a file. */
export interface FilePlace {
  readonly path: string;
  readonly line?: number;
}

/** What a project file may say; any other key is left alone. */
const PROJECT_FIELDS = ['server', 'account', 'scope', 'name', 'from'] as const;

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

/** Files of one folder that say the same: the one that counts, and one of the Go `beamd` beside it. */
interface Found {
  readonly path: string;
  readonly beside?: string;
}

interface ProjectFiles {
  readonly base?: Found;
  readonly local?: Found;
}

/** Our file of a folder, which wins, and the Go program's. `prefix` ends in a separator. */
function findIn(prefix: string, own: string, go: string): Found | undefined {
  const hasGo = isRegularFile(prefix + go);
  if (!isRegularFile(prefix + own)) return hasGo ? { path: prefix + go } : undefined;
  return hasGo ? { path: prefix + own, beside: prefix + go } : { path: prefix + own };
}

/** The nearest project file from the folder (an absolute path) upward, and the nearest overlay up to it. */
function searchProject(cwd: string, homes: Homes): ProjectFiles {
  // The home folder may be known by another name than the one that leads here.
  const end = cwd.startsWith(`${homes.user}${sep}`) ? homes.user : realPath(homes.user);
  let local: Found | undefined;
  for (let folder = cwd; ; folder = dirname(folder)) {
    const prefix = folder.endsWith(sep) ? folder : `${folder}${sep}`;
    local ??= findIn(prefix, PROJECT_LOCAL_FILE, GO_PROJECT_LOCAL_FILE);
    const base = findIn(prefix, PROJECT_FILE, GO_PROJECT_FILE);
    const found = local === undefined ? {} : { local };
    if (base !== undefined) return { ...found, base };
    if (folder === homes.user || folder === end || dirname(folder) === folder) return found;
  }
}

/** Keys that the look at the lines cannot see: inside `{}`, or written with escapes. */
function refuseSecretKeys(value: unknown, text: string, path: string, deep: boolean): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (isSecretName(key)) {
      const line = text.split('\n').findIndex((candidate) => candidate.includes(key));
      throw secretFound(path, Math.max(0, line) + 1, key);
    }
    if (deep) refuseSecretKeys(member, text, path, deep);
  }
}

async function parse(text: string, path: string, warnings: string[] = []): Promise<Selection> {
  // What the Go program's file says of its services is that program's: only what stands where a selection stands is looked at.
  const own = !isGoFile(path);
  if (own) refuseSecretLines(text, path);
  const document = await parseYaml(text, path);
  refuseSecretKeys(document, text, path, own);
  if (own) warnings.push(...unknownKeys(document, text, path));
  return pick(document, path);
}

function isGoFile(path: string): boolean {
  return path.endsWith('.yaml');
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
  const uid = system.files.ownUid();
  const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
  if (uid === undefined || uid === 0 || owner === undefined || owner === 0 || owner === uid) return;
  throw new BeamError(
    'unsafe_path',
    `${path} belongs to another user (uid ${String(owner)}), so what it selects is not followed`,
    {
      hint: { text: 'Run beamd in another folder, with --server and --scope, or make the file yours once you have read it' },
    },
  );
}

async function read(found: Found | undefined, warnings: string[]): Promise<Selection> {
  if (found === undefined) return {};
  refuseOthers(found.path);
  const selection = await parse(readSmallFile(found.path) ?? '', found.path, warnings);
  if (found.beside !== undefined) warnings.push(...(await disagreement(found.path, selection, found.beside)));
  return selection;
}

/** What to say of the Go program's file beside ours, which wins: that it names another server. */
async function disagreement(path: string, own: Selection, beside: string): Promise<string[]> {
  try {
    refuseOthers(beside);
    const { server } = await parse(readSmallFile(beside) ?? '', beside);
    if (server === undefined || own.server === undefined || isSameServer(server, own.server)) return [];
    const [ours, theirs] = [printable(own.server), printable(server)];
    return [`${path} names the server ${ours} and ${beside} names ${theirs}: ${ours} is used here`];
  } catch (error) {
    // It does not count, so what is wrong with it stops nothing.
    if (error instanceof BeamError) return [];
    throw error;
  }
}

/** A name that is none is for whoever uses it to refuse. */
function isSameServer(one: string, other: string): boolean {
  try {
    return sameServer(parseServer(one), parseServer(other));
  } catch {
    return one === other;
  }
}

/** Account and scope belong to the server beside which they stand: an overlay that names another leaves them behind. */
function laidOver(base: Selection, local: Selection): Selection {
  const another = local.server !== undefined && base.server !== undefined && !isSameServer(local.server, base.server);
  const { account: _account, scope: _scope, ...rest } = base;
  return { ...(another ? rest : base), ...local };
}

/**
 * What the project at `cwd` selects: the nearest `.beamd` or `beamd.yaml` upward (the home folder and the root are the last
 * to be looked in), overlaid by the nearest `.beamd.local` or `beamd.local.yaml` between. In one folder ours wins. Undefined
 * if there is none. Throws `secret_in_project` naming file and line, `bad_file`, `unsafe_path`.
 */
export async function findProjectPin(cwd: string, homes: Homes): Promise<ProjectPin | undefined> {
  const { base, local } = searchProject(cwd, homes);
  const path = (base ?? local)?.path;
  if (path === undefined) return undefined;
  const warnings: string[] = [];
  const under = await read(base, warnings);
  const over = await read(local, warnings);
  const localFields = local && PROJECT_FIELDS.filter((field) => over[field] !== undefined);
  const noted = warnings.length === 0 ? undefined : warnings;
  return omitUndefined({ path, localPath: local?.path, localFields, warnings: noted, ...laidOver(under, over) });
}

/** What one file says, without any other; nothing if it is not there. Throws as `findProjectPin`. */
export async function readProjectPin(path: string): Promise<Selection> {
  return parse(readSmallFile(path) ?? '', path);
}

/** The file in which a field of a pin stands: the overlay, if that has it. */
export function fileOfField({ path, localPath, localFields }: ProjectPin, field: keyof Selection): string {
  return localFields?.includes(field) === true ? (localPath ?? path) : path;
}

/** The line in which a field of a pin stands. Throws as `findProjectPin`. */
export async function placeInProject(pin: ProjectPin, field: keyof Selection): Promise<FilePlace> {
  const path = fileOfField(pin, field);
  return omitUndefined({ path, line: await lineOfKey(readSmallFile(path) ?? '', path, field) });
}

/**
 * Sets what is given of `server`, `account`, `scope`, `name` and `from` in `.beamd` (or `.beamd.local`) of a folder, keeping
 * the rest of the file; an empty text takes a field out. Returns its path. Throws `secret_in_project`, `bad_file`, `unsafe_path`, `storage`,
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

/** Which project file of a folder lost what it pinned, and whether anything else is in it. */
export interface ClearedPin {
  readonly path: string;
  readonly left: 'nothing' | 'rest';
}

/**
 * Takes `server`, `account` and `scope` out of `.beamd` (or `.beamd.local`) of a folder. The file goes, too, if there is nothing
 * else in it. Throws as `writeProjectPin`.
 */
export async function clearProjectPin(folder: string, { local }: { readonly local: boolean }): Promise<ClearedPin> {
  const path = await writeProjectPin(folder, { server: '', account: '', scope: '' }, { local });
  // A document without a key left is written as one that is empty.
  const rest = (readSmallFile(path) ?? '').replace(/^\{\}$/mu, '').trim();
  if (rest !== '') return { path, left: 'rest' };
  try {
    rmSync(path);
  } catch (error) {
    throw fileError(error, 'write', path);
  }
  return { path, left: 'nothing' };
}

/** The project file of ours in a folder; undefined if there is none. Only a regular file counts. */
export function projectFileIn(folder: string, { local }: { readonly local: boolean }): string | undefined {
  const path = join(folder, local ? PROJECT_LOCAL_FILE : PROJECT_FILE);
  return isRegularFile(path) ? path : undefined;
}
