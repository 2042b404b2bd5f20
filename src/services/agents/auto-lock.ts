/** `beamd agent lock`: now, by itself later, or no more; and a question before each use. */
import { withAgent } from '../../agent/client/with-agent.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Account, AutoLock } from '../../store/accounts/account.ts';
import { newLockKey } from '../../store/accounts/auto-lock.ts';
import { accountLocked, locksItself, nothingToLock } from '../../store/accounts/passphrase-lock.ts';
import type { Context } from '../context.ts';
import { parseSpan } from '../span.ts';
import type { TargetInput } from '../target/ladder.ts';
import { accountTarget, namesOf } from '../target/target.ts';
import { nothingChanged } from '../waiting.ts';
import { lockAccount, newPassphrase, type LockResult, type PassphraseContext, type PassphraseInput } from './passphrase.ts';

/** The longest time, seconds: a year. */
const LONGEST = 365 * 86_400;

export interface AutoLockInput extends PassphraseInput {
  /** As it is typed: `8h`. */
  readonly after?: string | undefined;
  /** When this machine wakes up. */
  readonly onSuspend: boolean;
}

/** What `agent lock` can be asked for; nothing of it: now. */
export interface LockWish extends AutoLockInput {
  readonly never: boolean;
  readonly confirm?: boolean | undefined;
}

export interface ConfirmInput extends TargetInput {
  /** False: it asks no more. */
  readonly confirm: boolean;
}

type AutoLockContext = PassphraseContext & Pick<Context, 'agents' | 'warn'>;

/** Whichever of these was asked for. Throws as they do. */
export function lockAsAsked(context: AutoLockContext, { confirm, never, ...input }: LockWish): Promise<LockResult> {
  if (confirm !== undefined) return askFirst(context, { ...input, confirm });
  if (never) return lockNever(context, input);
  return input.after !== undefined || input.onSuspend ? lockLater(context, input) : lockAccount(context, input);
}

/**
 * Sets up what an account locks itself by, in the place of what was set up before, and starts the agent, which does it. The
 * passphrase is asked for the first time only. Throws `usage`, `locked` for one that is, `login_required` without a session.
 */
async function lockLater(context: AutoLockContext, input: AutoLockInput): Promise<LockResult> {
  const { onSuspend, passphraseFile } = input;
  const after = input.after === undefined ? undefined : secondsOf(input.after);
  const account = await unlockedAccount(context, input);
  if (account.endedAt !== undefined) throw nothingToLock(account.key);
  const key = await keyFor(context, account, passphraseFile);
  const since = Math.ceil(context.clock.now() / 1000);
  const autoLock: AutoLock = omitUndefined({ after, onSuspend: onSuspend ? (true as const) : undefined, since, ...key });
  const armed = await context.accounts.update(account.key, (now) => ({ ...now, autoLock }));
  await startAgent(context, armed);
  return omitUndefined({
    asked: 'later' as const,
    ...namesOf(armed),
    locked: false,
    changed: true,
    samePassphrase: key.identity === account.autoLock?.identity ? (true as const) : undefined,
    locksItself: locksItself(armed),
  });
}

/** Throws `locked` for an account that is: what it was locked with has to open it first. */
async function lockNever(context: AutoLockContext, input: PassphraseInput): Promise<LockResult> {
  const account = await unlockedAccount(context, input);
  const changed = account.autoLock !== undefined;
  if (changed) await context.accounts.update(account.key, ({ autoLock: _, ...rest }) => rest);
  return { asked: 'never', ...namesOf(account), locked: false, changed };
}

/**
 * From now on each use of the account is asked about first, by the program that the configuration names, or not any more. Throws
 * `bad_config` and `unsafe_path` for one that cannot be asked.
 */
async function askFirst(context: AutoLockContext, input: ConfirmInput): Promise<LockResult> {
  const { account } = await accountTarget(context, input, 'beamd agent lock');
  const { confirm } = input;
  if (confirm) {
    const { confirmProgram } = await import('../../agent/worker/confirm.ts');
    await confirmProgram(context);
  }
  const changed = (account.confirm === true) !== confirm;
  const set = ({ confirm: _, ...rest }: Account): Account => (confirm ? { ...rest, confirm } : rest);
  if (changed) await context.accounts.update(account.key, set);
  return { asked: confirm ? 'confirm' : 'no confirm', ...namesOf(account), locked: account.locked !== undefined, changed };
}

function secondsOf(text: string): number {
  const seconds = parseSpan(text);
  if (seconds !== undefined && seconds > 0 && seconds <= LONGEST) return seconds;
  throw new BeamError('usage', '--after takes a span of time, up to 365d', { hint: { command: 'beamd agent lock --after 8h' } });
}

async function unlockedAccount(context: AutoLockContext, input: PassphraseInput): Promise<Account> {
  const { account } = await accountTarget(context, input, 'beamd agent lock');
  if (account.locked !== undefined) throw accountLocked(account);
  return account;
}

async function keyFor(context: AutoLockContext, { autoLock }: Account, passphraseFile: string | undefined) {
  if (autoLock !== undefined && passphraseFile === undefined) {
    const { recipient, identity } = autoLock;
    return { recipient, identity };
  }
  const passphrase = await newPassphrase(context, passphraseFile);
  const sealing = { line: 'Sealing a key to the passphrase', left: nothingChanged };
  return context.waiting(sealing, () => newLockKey(passphrase));
}

/** Nobody else looks at the clock. Where there can be none, the account is locked when it is next used. */
async function startAgent(context: AutoLockContext, account: Account): Promise<void> {
  const { pid } = await withAgent(context.agents.open(account), (agent) => agent.hello());
  if (pid !== process.pid) return;
  context.warn(`No agent runs for ${accountTitle(account)}: it is locked when it is next used after that, and on no suspend`, {
    command: `beamd agent start ${accountWords(account)}`,
  });
}
