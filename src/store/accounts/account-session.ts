/** Opens what an account is logged in with. Apart from all that writes: an agent's first token waits for this alone. */
import type { AccountStoreOptions, StoredSession } from './account-store.ts';
import type { AccountDocument } from './account-document.ts';
import { readDocument } from './account-reader.ts';
import { parseCredential } from './credential.ts';
import { isLocked } from './passphrase-lock.ts';
import { accountFile } from '../paths.ts';
import type { SecretStore, StorageName } from '../secrets/secret-store.ts';
import { createSecretStores } from '../secrets/secret-stores.ts';
import type { Credential } from './account.ts';

export interface Opening {
  readonly key: string;
  /** Names the account file in errors. */
  readonly path: string;
  readonly secrets: (storage: StorageName) => SecretStore;
}

/** As `AccountStore.credential`, of a document that was read. */
export async function openCredential(
  document: AccountDocument,
  { key, path, secrets }: Opening,
): Promise<Credential | undefined> {
  const { account, plain, sealed } = document;
  if (account.endedAt !== undefined) return undefined;
  if (account.locked !== undefined) throw isLocked(account.server);
  if (plain !== undefined) return plain;
  if (sealed === undefined) return undefined;
  return parseCredential(await secrets(account.storage).open(key, sealed), path);
}

/** As `AccountStore.session`. */
export async function readSession(options: AccountStoreOptions, key: string): Promise<StoredSession | undefined> {
  const document = await readDocument(options, key);
  if (document === undefined) return undefined;
  const opening = { key, path: accountFile(options.homes, key), secrets: createSecretStores(options).forOneLock() };
  return { account: document.account, credential: await openCredential(document, opening) };
}
