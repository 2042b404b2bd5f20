/** What Node says about files, made ours. On the hot path. */
import { dirname } from 'node:path';
import { BeamError, systemCode, type ErrorCode } from '../../errors.ts';

/** Maps a failed file operation to ours: `storage_full`, `storage` or, for reading, `bad_file`. */
export function fileError(error: unknown, doing: 'read' | 'write', path: string): BeamError {
  if (error instanceof BeamError) return error;
  const code = systemCode(error);
  const [ours, why, hint] = describe(code, doing, path);
  return new BeamError(ours, `Cannot ${doing} ${path}: ${why}`, { hint, cause: error });
}

const FREE_SPACE = 'Free some space and run the command again';

function describe(code: string | undefined, doing: 'read' | 'write', path: string): [ErrorCode, string, string] {
  if (code === 'ENOSPC') return ['storage_full', 'the disk is full', FREE_SPACE];
  if (code === 'EDQUOT') return ['storage_full', 'the disk quota is used up', FREE_SPACE];
  if (code === 'EROFS') return ['storage', 'the file system is read-only', 'Set BEAMD_HOME to another folder'];
  const ours = doing === 'read' ? 'bad_file' : 'storage';
  if (code === 'EACCES' || code === 'EPERM') return [ours, 'permission denied', `Run: ls -ld ${path}`];
  if (code === 'EISDIR') return ['bad_file', 'it is a directory', `Move ${path} away`];
  if (code === 'ELOOP') return ['unsafe_path', 'it is a symbolic link', `Replace ${path} by a regular file`];
  if (code === 'ENOTDIR') return ['bad_file', 'a file is where a folder should be', `Run: ls -ld ${path}`];
  if (code === 'ENAMETOOLONG') return ['bad_file', 'the path is too long', 'Use a shorter path'];
  if (code === 'ENOENT') return [ours, 'a folder on its way does not exist', `Run: ls -ld ${dirname(path)}`];
  return [ours, code ?? 'it failed', `Run: ls -ld ${path}`];
}
