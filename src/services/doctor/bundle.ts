/**
 * The report of `--bundle`: what was found, which variables are set, which files there are; for a stranger to read. It holds no
 * value of a variable, nothing that stands in a file, no hint and no error's words, and names are numbers.
 */
import { existsSync } from 'node:fs';
import { arch, platform, release } from 'node:os';
import { namesOfSet } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { STANDALONE, VERSION } from '../../programs.ts';
import { linkNewFile } from '../../store/files/atomic-file.ts';
import { requireFolderFor } from '../../store/files/guarded-folder.ts';
import type { HomeEntry } from '../../store/home-entries.ts';
import type { Context } from '../context.ts';
import type { DoctorResult } from './doctor.ts';
import { createRedactor } from './report/redactor.ts';
import { homesOf } from './report/finding.ts';
import { path as pathPart, toText } from './report/text.ts';

type BundleContext = Pick<Context, 'env' | 'homes' | 'clock'>;

/** Writes the report, and returns its path. */
export type Bundle = (context: BundleContext, result: DoctorResult, entries: readonly HomeEntry[], withHosts: boolean) => string;

/**
 * Makes sure that nothing would be overwritten, and that there is a folder for it, before anything is looked at. Throws `usage` for a
 * file that is there, `storage` for a folder that is not; the bundle throws these too, and `storage_full`.
 */
export function newBundle(path: string): Bundle {
  if (existsSync(path)) throw taken(path);
  requireFolderFor(path);
  return (context, result, entries, withHosts) => {
    if (!linkNewFile(path, textOf(context, result, entries, withHosts))) throw taken(path);
    return path;
  };
}

function taken(path: string): BeamError {
  return new BeamError('usage', `${path} is there already`, { hint: { text: 'Give another name' } });
}

function textOf(
  { env, homes, clock }: BundleContext,
  result: DoctorResult,
  entries: readonly HomeEntry[],
  withHosts: boolean,
): string {
  const { patient, offline, findings } = result;
  const [beamd, runbeam] = homesOf({ homes, patient });
  const known = [['~/.beamd', beamd] as const, ['~/.runbeam', runbeam] as const];
  const folders = new Map(known.flatMap(([called, home]) => (typeof home === 'string' ? [[called, home] as const] : [])));
  const say = createRedactor({ homes: folders, entries, withHosts });
  const runtime = STANDALONE === undefined ? `Node ${process.version}` : `an executable for ${STANDALONE}`;
  const asked = offline ? 'servers were not asked' : 'servers were asked';
  const lines = findings.map(({ level, check, message, fixed }) => {
    return `${level.padEnd(8)} ${check.padEnd(11)} ${fixed === true ? 'fixed: ' : ''}${toText(message, say)}`;
  });
  const files = entries.map((entry) => fileLine(entry, say(pathPart(entry.path)), clock.now()));
  return [
    `${patient} doctor ${VERSION}`,
    `${runtime}, ${platform()} ${arch()} ${kernel()}`,
    `${new Date(clock.now()).toISOString()}, ${asked}`,
    '',
    'Found',
    ...lines,
    '',
    'Variables that are set',
    namesOfSet(env).join(' ') || 'none',
    '',
    'Files',
    ...(files.length > 0 ? files : ['none']),
    '',
  ].join('\n');
}

/** What follows the numbers may name whoever built it. */
function kernel(): string {
  return /^\d+(?:\.\d+)*/u.exec(release())?.[0] ?? '';
}

/** Kind, mode, bytes, hours since the last change, name. */
function fileLine({ stats, owner }: HomeEntry, called: string, now: number): string {
  const kind = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : stats.isSocket() ? 's' : stats.isFile() ? '-' : '?';
  const hours = Math.max(0, Math.floor((now - stats.mtimeMs) / 3_600_000));
  const mode = (stats.mode & 0o777).toString(8).padStart(3, '0');
  const size = stats.isFile() ? stats.size : 0;
  return `${kind} ${mode} ${String(size).padStart(7)} B ${String(hours).padStart(5)} h  ${called}${owner === 'own' ? '' : ` (${owner})`}`;
}
