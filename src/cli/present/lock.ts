/** A lock of an account: that it is locked, that it locks itself, and what opens it. */
import { accountTitle, accountWords } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { LockResult } from '../../services/agents/passphrase.ts';
import type { AccountRef } from '../../store/account-key.ts';
import type { LocksItself } from '../../store/accounts/passphrase-lock.ts';
import type { AgentLockJson } from '../json/agent.ts';
import { hintLine, type Style } from '../output/style.ts';
import { moment, rfc3339 } from './time.ts';

export function agentLockJson({ server, name, locked, changed, locksItself }: LockResult): AgentLockJson {
  return omitUndefined({ server, account: name, locked, changed, ...locksItselfJson(locksItself) });
}

export function locksItselfJson(lock: LocksItself | undefined) {
  return lock === undefined ? {} : { locks_at: rfc3339(lock.at), locks_on_suspend: lock.onSuspend };
}

/** `in 8 h (2026-11-28 20:14) and when this machine wakes up`; `now` in milliseconds. */
export function whenItLocks({ at, onSuspend }: LocksItself, now: number): string {
  const when = [at === undefined ? '' : moment(at, now), onSuspend ? 'when this machine wakes up' : ''];
  return when.filter((text) => text !== '').join(' and ');
}

/** @param now - milliseconds */
export function presentAgentLock(result: LockResult, style: Style, now: number): string {
  const { asked, changed, locksItself, ...account } = result;
  const whose = `The account on ${style.bold(accountTitle(account))}`;
  if (asked === 'confirm' || asked === 'no confirm') {
    const what = `${whose} is ${asked === 'confirm' ? '' : 'not '}asked about before each use`;
    return changed ? style.done(what) : `${what}, as before`;
  }
  if (asked === 'never') return changed ? style.done(`${whose} locks itself no more`) : `${whose} did not lock itself`;
  // What was just set up counts from a moment ago: 8 h are not to be called 7.
  const when = locksItself === undefined ? '' : whenItLocks(locksItself, Math.min(now, locksItself.since * 1000));
  if (asked === 'later') return style.done(`${whose} locks itself ${when}`) + passphraseOf(result);
  const again = when === '' ? '' : `\nIt locks itself ${when}`;
  return presentLocked(result, style) + again;
}

/** Whoever sets it up once more is asked for none, and may think that nothing was done. */
function passphraseOf({ samePassphrase }: LockResult): string {
  return samePassphrase === true
    ? `\nThe passphrase stays the one that was set earlier\n${hintLine({ text: 'To set another one, give it with --passphrase-file' })}`
    : '';
}

/** For an account that is locked: what opens it. */
export function unlockLine(account: AccountRef): string {
  return hintLine({ command: `beamd agent unlock ${accountWords(account)}` });
}

function presentLocked({ locked, changed, ...account }: LockResult, style: Style): string {
  const state = locked ? 'locked' : 'unlocked';
  const next = locked ? `\n${unlockLine(account)}` : '';
  const line = `The account on ${style.bold(accountTitle(account))} ${changed ? 'is now' : 'was already'} ${state}`;
  return (changed ? style.done(line) : line) + next;
}
