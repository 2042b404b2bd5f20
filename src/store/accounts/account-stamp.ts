import { goAccountFile } from '../account-key.ts';
import { fileIdentity } from '../files/file-identity.ts';

/**
 * Tells one state of an account from the next by its file, or by the Go `beamd`'s of the same account where that counts;
 * undefined if there is neither.
 */
export function accountStamp(file: string): string | undefined {
  return fileIdentity(file) ?? fileIdentity(goAccountFile(file));
}
