/** The rules of a lock by passphrase, and what is said about one. */
import { BeamError } from '../../errors.ts';
import type { PassphraseLock } from './account.ts';
import { serverOfKey } from '../server.ts';

/** Wrong passphrases that cost nothing but the second each attempt takes. */
const FREE_ATTEMPTS = 3;

/** The longest wait between two attempts, seconds. */
const LONGEST_WAIT = 900;

/** What reading a locked credential throws: `locked`. */
export function accountLocked(server: string): BeamError {
  return new BeamError('locked', `The account on ${server} is locked`, {
    hint: { command: `beamd agent unlock --server ${server}` },
  });
}

/** `wrong_passphrase`. */
export function wrongPassphrase(server: string): BeamError {
  return new BeamError('wrong_passphrase', `That is not the passphrase of the account on ${server}`, {
    hint: { command: `beamd agent unlock --server ${server}` },
  });
}

/** `login_required`. */
export function nothingToLock(key: string): BeamError {
  const server = serverOfKey(key);
  return new BeamError('login_required', `There is no session on ${server} to lock`, {
    hint: { command: `beamd login --server ${server}` },
  });
}

/**
 * The lock after one more attempt, counted as a wrong one until it proves right: after three, each doubles the wait, to
 * a quarter of an hour. `now`: unix seconds. Throws `locked` while the wait lasts.
 */
export function nextAttempt({ failures, notBefore }: PassphraseLock, server: string, now: number): PassphraseLock {
  // A clock that was set back must not make a wait of minutes one of years.
  const left = Math.min((notBefore ?? 0) - now, LONGEST_WAIT);
  if (left > 0) {
    throw new BeamError('locked', `Too many wrong passphrases for the account on ${server}`, {
      hint: { text: `try again in ${String(Math.ceil(left))} s` },
    });
  }
  const wait = failures < FREE_ATTEMPTS ? 0 : Math.min(LONGEST_WAIT, 2 ** (failures - FREE_ATTEMPTS + 1));
  return { failures: failures + 1, ...(wait === 0 ? {} : { notBefore: Math.ceil(now + wait) }) };
}
