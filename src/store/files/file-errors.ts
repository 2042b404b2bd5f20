/** What Node says about files, made ours. */
import { dirname, sep } from 'node:path';
import { BeamError, systemCode, type ErrorCode, type Hint } from '../../errors.ts';
import { shellWord } from '../../text.ts';

/** Maps a failed file operation to ours: `storage_full`, `storage` or, for reading, `bad_file`. */
export function fileError(error: unknown, doing: 'read' | 'write', path: string): BeamError {
  if (error instanceof BeamError) return error;
  const code = systemCode(error);
  const [ours, why, hint] = describe(code, doing, path);
  return new BeamError(ours, `Cannot ${doing} ${path}: ${why}`, { hint, cause: error });
}

/** What a file system says that has no hard links. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Maps a failed link(2) of a file that was just made to ours: `storage`, `storage_full`. */
export function linkError(error: unknown, path: string): BeamError {
  if (!NO_LINKS.has(systemCode(error))) return fileError(error, 'write', path);
  const message = `The file system of ${dirname(path)} has no hard links, without which nothing can be locked there`;
  return new BeamError('storage', message, { hint: elsewhere(path), cause: error });
}

const FREE_SPACE: Hint = { text: 'Free some space and run the command again' };

/** Which variable moves a file elsewhere shows in its path; a file of a project moves with the project. */
function elsewhere(path: string): Hint {
  const folders = dirname(path).split(sep);
  const own = [path.split(sep).at(-1), ...folders];
  if (own.includes('.runbeam')) return { text: 'Set RUNBEAM_HOME to another folder' };
  if (folders.includes('.beamd')) return { text: 'Set BEAMD_HOME to another folder' };
  return { text: 'Use a folder that can be written: BEAMD_HOME and RUNBEAM_HOME name those of beamd and runbeam' };
}

/** What keeps a file from being replaced that may be written: neither is a matter of modes. */
function describeReplacing(code: string | undefined, path: string): [string, Hint] | undefined {
  if (code === 'EBUSY') {
    return ['something is mounted on it, so that it cannot be replaced', { text: `Mount its folder ${dirname(path)} instead` }];
  }
  if (code !== 'EPERM') return undefined;
  const shown = { command: `lsattr -d ${shellWord(path)} ${shellWord(dirname(path))}` };
  return ['it may not be replaced (immutable or append-only, it or its folder)', shown];
}

function describe(code: string | undefined, doing: 'read' | 'write', path: string): [ErrorCode, string, Hint] {
  if (code === 'ENOSPC') return ['storage_full', 'the disk is full', FREE_SPACE];
  if (code === 'EDQUOT') return ['storage_full', 'the disk quota is used up', FREE_SPACE];
  if (code === 'EROFS') return ['storage', 'the file system is read-only', elsewhere(path)];
  const ours = doing === 'read' ? 'bad_file' : 'storage';
  const replacing = doing === 'write' ? describeReplacing(code, path) : undefined;
  if (replacing !== undefined) return [ours, ...replacing];
  if (code === 'EACCES' || code === 'EPERM') return [ours, 'permission denied', { command: `ls -ld ${shellWord(path)}` }];
  if (code === 'EISDIR') return ['bad_file', 'it is a directory', { text: `Move ${path} away` }];
  if (code === 'ELOOP') return ['unsafe_path', 'it is a symbolic link', { text: `Replace ${path} by a regular file` }];
  if (code === 'ENOTDIR') return ['bad_file', 'a file is where a folder should be', { command: `ls -ld ${shellWord(path)}` }];
  if (code === 'ENAMETOOLONG') return ['bad_file', 'the path is too long', { text: 'Use a shorter path' }];
  if (code === 'ENOENT') return [ours, 'a folder on its way does not exist', { command: `ls -ld ${shellWord(dirname(path))}` }];
  return [ours, code ?? 'it failed', { command: `ls -ld ${shellWord(path)}` }];
}
