/** Secrets as they are, guarded by the file's mode alone. Only what the user asked for with `--insecure-storage`. */
import type { SecretStore } from './secret-store.ts';

export const plainStore: SecretStore = {
  name: 'plain',
  seal: (_key, plaintext) => Promise.resolve(plaintext),
  open: (_key, sealed) => Promise.resolve(sealed),
  remove: () => Promise.resolve('none'),
};
