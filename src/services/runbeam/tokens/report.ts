/** Reports on machine tokens, for other programs to read: there is nothing secret in them. */
import { resolve } from 'node:path';
import { writeFileAtomic } from '../../../store/files/atomic-file.ts';
import { requireFolderFor } from '../../../store/files/guarded-folder.ts';

/** Replaces a file in one step, so that nobody reads half of it. Throws `storage`, `storage_full`, `unsafe_path`. */
export function writeReport(path: string, text: string): void {
  requireFolderFor(resolve(path));
  writeFileAtomic(resolve(path), text, { shared: true });
}
