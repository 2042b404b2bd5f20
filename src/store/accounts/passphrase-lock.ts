/** The rules of a lock by passphrase and of an account that locks itself, and what is said about one. */
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { accountOfKey, type AccountRef } from '../account-key.ts';
import type { Account, AutoLock, PassphraseLock } from './account.ts';

/** Wrong passphrases that cost nothing but the second each attempt takes. */
const FREE_ATTEMPTS = 3;

/** The longest wait between two attempts, seconds. */
const LONGEST_WAIT = 900;

/** A clock that was set back so far counts as one that ran on, seconds: to lock early does no harm. */
const SET_BACK = 60;

/** What reading a locked credential throws: `locked`. */
export function accountLocked(account: AccountRef): BeamError {
  return new BeamError('locked', `The account on ${accountTitle(account)} is locked`, {
    hint: { command: `beamd agent unlock ${accountWords(account)}` },
  });
}

/** `wrong_passphrase`. */
export function wrongPassphrase(account: AccountRef): BeamError {
  return new BeamError('wrong_passphrase', `That is not the passphrase of the account on ${accountTitle(account)}`, {
    hint: { command: `beamd agent unlock ${accountWords(account)}` },
  });
}

/** `login_required`. */
export function nothingToLock(key: string): BeamError {
  const account = accountOfKey(key);
  return new BeamError('login_required', `There is no session on ${accountTitle(account)} to lock`, {
    hint: { command: `beamd login ${accountWords(account)}` },
  });
}

/**
 * The lock after one more attempt, counted as a wrong one until it proves right: after three, each doubles the wait, to
 * a quarter of an hour. `now`: unix seconds. Throws `locked` while the wait lasts.
 */
export function nextAttempt({ failures, notBefore, byItself }: PassphraseLock, account: AccountRef, now: number): PassphraseLock {
  // A clock that was set back must not make a wait of minutes one of years.
  const left = Math.min((notBefore ?? 0) - now, LONGEST_WAIT);
  if (left > 0) {
    throw new BeamError('locked', `Too many wrong passphrases for the account on ${accountTitle(account)}`, {
      hint: { text: `try again in ${String(Math.ceil(left))} s` },
    });
  }
  const wait = failures < FREE_ATTEMPTS ? 0 : Math.min(LONGEST_WAIT, 2 ** (failures - FREE_ATTEMPTS + 1));
  return omitUndefined({ failures: failures + 1, notBefore: wait === 0 ? undefined : Math.ceil(now + wait), byItself });
}

/** When an account locks itself, unix seconds; undefined: at no time of its own accord. */
function locksAt({ after, since }: Pick<AutoLock, 'after' | 'since'>): number | undefined {
  return after === undefined ? undefined : since + after;
}

/** What makes an account lock itself. */
export interface LocksItself {
  /** Unix seconds. */
  readonly at?: number;
  /** When this machine wakes up. */
  readonly onSuspend: boolean;
  /** Unix seconds from which its time counts. */
  readonly since: number;
}

/** Undefined: nothing does, or it is locked. */
export function locksItself({ autoLock, locked }: Pick<Account, 'autoLock' | 'locked'>): LocksItself | undefined {
  if (autoLock === undefined || locked !== undefined) return undefined;
  return omitUndefined({ at: locksAt(autoLock), onSuspend: autoLock.onSuspend === true, since: autoLock.since });
}

/** Whether its time has come. `now`: unix seconds. */
export function isTimeToLock(autoLock: Pick<AutoLock, 'after' | 'since'>, now: number): boolean {
  const at = locksAt(autoLock);
  return at !== undefined && (now >= at || now < autoLock.since - SET_BACK);
}

/** An account whose time begins anew. `now`: unix seconds. */
export function withNewTime(account: Account, now: number): Account {
  // Never before what is done now: a machine that woke up within this second is not to be locked for that again.
  return account.autoLock === undefined ? account : { ...account, autoLock: { ...account.autoLock, since: Math.ceil(now) } };
}
