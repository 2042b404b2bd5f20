/** `beamd agent lock|unlock`: nothing gives a token until the passphrase is given again. */
import { noteInLog } from '../../agent/server/log.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Account, LockedAccount } from '../../store/accounts/account.ts';
import { nothingToLock, locksItself, type LocksItself } from '../../store/accounts/passphrase-lock.ts';
import { readGivenFile } from '../../store/files/named-file.ts';
import type { Context } from '../context.ts';
import type { TargetContext, TargetInput } from '../target/ladder.ts';
import { accountTarget, namesOf } from '../target/target.ts';
import type { Left } from '../waiting.ts';

export type AskingContext = Pick<Context, 'askPassphrase' | 'readStdin' | 'signal'>;
export type PassphraseContext = TargetContext & AskingContext & Pick<Context, 'accounts' | 'clock' | 'waiting'>;

export interface PassphraseInput extends TargetInput {
  /** A file, or `-` for standard input; absent: the terminal is asked. */
  readonly passphraseFile?: string | undefined;
}

export interface LockResult {
  /** What was asked for: now, the other way, by itself from now on, or no more; a question before each use, or none. */
  readonly asked: 'lock' | 'unlock' | 'later' | 'never' | 'confirm' | 'no confirm';
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  readonly locked: boolean;
  /** False: it was so before. */
  readonly changed: boolean;
  /** Nobody was asked for a passphrase: that of before stays. */
  readonly samePassphrase?: true;
  /** When it locks itself. */
  readonly locksItself?: LocksItself;
}

const SHORTEST = 8;

/**
 * Locks now; one that locks itself with the passphrase that it has, unless another one is given. Throws `usage` without a passphrase,
 * `login_required` without a session, `busy` where it locks itself no more by the time it is to be sealed.
 */
export async function lockAccount(context: PassphraseContext, input: PassphraseInput): Promise<LockResult> {
  const { account } = await accountTarget(context, input, 'beamd agent lock');
  if (account.locked !== undefined) return { asked: 'lock', ...namesOf(account), locked: true, changed: false };
  const itself = account.autoLock !== undefined && input.passphraseFile === undefined;
  const passphrase = itself ? undefined : await newPassphrase(context, input.passphraseFile);
  const sealing = { line: 'Sealing the session to the passphrase', left: unsure(account) };
  const changed = await context.waiting(sealing, () =>
    context.accounts.withLock(account.key, (locked) => seal(account, locked, passphrase)),
  );
  if (changed) noteInLog(context.homes, account.key, context.clock, 'locked');
  return { asked: 'lock', ...namesOf(account), locked: true, changed };
}

/** False: somebody else has locked it meanwhile. Throws where it is not locked when this is over. */
async function seal(account: Account, locked: LockedAccount, passphrase: Secret | undefined): Promise<boolean> {
  if (passphrase !== undefined) {
    await locked.lock(passphrase);
    return true;
  }
  if (await locked.lockItself()) return true;
  const now = await locked.read();
  if (now?.locked !== undefined) return false;
  if (now === undefined || now.endedAt !== undefined) throw nothingToLock(account.key);
  throw new BeamError('busy', `Another command has changed how ${accountTitle(account)} locks itself; it is not locked`, {
    hint: { command: `beamd agent lock ${accountWords(account)}` },
  });
}

/** Throws `wrong_passphrase`, `locked` while wrong ones have to be waited for, `usage` without a passphrase. */
export async function unlockAccount(context: PassphraseContext, input: PassphraseInput): Promise<LockResult> {
  const { account } = await accountTarget(context, input, 'beamd agent unlock');
  if (account.locked === undefined) return { asked: 'unlock', ...namesOf(account), locked: false, changed: false };
  const passphrase = await passphraseFrom(context, input.passphraseFile, 'Passphrase');
  const opening = { line: 'Opening the session with the passphrase', left: unsure(account) };
  const changed = await context.waiting(opening, () =>
    context.accounts.withLock(account.key, (locked) => unlock(context, account.key, () => locked.unlock(passphrase))),
  );
  const again = changed ? locksItself((await context.accounts.readIfSound(account.key)) ?? {}) : undefined;
  return omitUndefined({ asked: 'unlock' as const, ...namesOf(account), locked: false, changed, locksItself: again });
}

/** The file is replaced in one step: it is the old one or the new one. */
const unsure = (account: Account) => (): Left => ({
  message: 'the session is locked or not, and whole either way',
  hint: { command: `beamd status ${accountWords(namesOf(account))}` },
});

/** Who looks into the log sees that somebody tried, whether an agent runs or not. */
async function unlock({ homes, clock }: PassphraseContext, key: string, attempt: () => Promise<boolean>): Promise<boolean> {
  try {
    const changed = await attempt();
    if (changed) noteInLog(homes, key, clock, 'unlocked');
    return changed;
  } catch (error) {
    if (error instanceof BeamError && error.code === 'wrong_passphrase') noteInLog(homes, key, clock, 'wrong passphrase');
    throw error;
  }
}

/** A passphrase for something that is locked from now on. Throws `usage`. */
export async function newPassphrase(context: AskingContext, file: string | undefined): Promise<Secret> {
  const passphrase = await passphraseFrom(context, file, 'New passphrase');
  if (passphrase.reveal().length < SHORTEST) {
    throw new BeamError('usage', `The passphrase is shorter than ${String(SHORTEST)} characters`, {
      hint: { text: 'Take several words: whoever has the file can try as often as they like' },
    });
  }
  if (file === undefined && !passphrase.equals(await passphraseFrom(context, file, 'The same again'))) {
    throw new BeamError('usage', 'The two passphrases differ; nothing was locked', { hint: { command: 'beamd agent lock' } });
  }
  return passphrase;
}

async function passphraseFrom(context: AskingContext, file: string | undefined, question: string): Promise<Secret> {
  if (file === undefined) {
    const typed = await context.askPassphrase(question);
    if (typed !== undefined) return typed;
    throw new BeamError('usage', 'There is no terminal to ask for the passphrase on', {
      hint: { text: 'Give it on standard input with --passphrase-file -' },
    });
  }
  const text = file === '-' ? await context.readStdin() : await readGivenFile(file, context.signal);
  return new Secret(text.replace(/\r?\n$/, ''));
}
