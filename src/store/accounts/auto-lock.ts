/** Accounts that lock themselves: the session is sealed to a key whose other half only the passphrase opens. */
import type { Secret } from '../../secret.ts';
import { openWith, openWithPassphrase, sealWithPassphrase } from '../secrets/age-armor.ts';
import { generateIdentity, parseIdentity, recipientOf } from '../secrets/age-identity.ts';
import type { Account, AutoLock } from './account.ts';

/** What it takes to seal without the passphrase, and to open with it. Takes about a second, on purpose. */
export async function newLockKey(passphrase: Secret): Promise<Pick<AutoLock, 'recipient' | 'identity'>> {
  const identity = await generateIdentity();
  return { recipient: await recipientOf(identity), identity: await sealWithPassphrase(passphrase, identity.reveal()) };
}

/**
 * What was sealed when an account was locked, by itself or by hand; undefined if the passphrase is wrong. Throws `decrypt_failed`
 * for what is no age file.
 */
export async function openLocked(passphrase: Secret, account: Account, sealed: string): Promise<string | undefined> {
  const { autoLock, locked, key } = account;
  if (autoLock === undefined || locked?.byItself !== true) return openWithPassphrase(passphrase, key, sealed);
  const identity = await openWithPassphrase(passphrase, key, autoLock.identity);
  return identity === undefined ? undefined : openWith([parseIdentity(identity)], key, sealed);
}
