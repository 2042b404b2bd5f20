/** `beamd agent lock|unlock`: nothing gives a token until the passphrase is given again. */
import { BeamError } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import { readSmallFile } from '../../store/files/atomic-file.ts';
import type { Context } from '../context.ts';
import { accountTarget, type TargetFlags } from '../target/target.ts';

/** A file, or `-` for standard input; absent: the terminal is asked. */
export type PassphraseSource = string | undefined;

export interface PassphraseInput {
  readonly target: TargetFlags;
  readonly source: PassphraseSource;
}

export interface LockResult {
  readonly server: string;
  readonly locked: boolean;
  /** False: it was so before. */
  readonly changed: boolean;
}

const SHORTEST = 8;

/** Throws `locked` if it is already, `usage` without a passphrase, `login_required` without a session. */
export async function lockAccount({ target, source }: PassphraseInput, context: Context): Promise<LockResult> {
  const { account } = await accountTarget(target, context, 'beamd agent lock');
  if (account.locked !== undefined) return { server: account.server, locked: true, changed: false };
  const passphrase = await newPassphrase(source, context);
  await context.accounts.withLock(account.key, (locked) => locked.lock(passphrase));
  return { server: account.server, locked: true, changed: true };
}

/** Throws `wrong_passphrase`, `locked` while wrong ones have to be waited for, `usage` without a passphrase. */
export async function unlockAccount({ target, source }: PassphraseInput, context: Context): Promise<LockResult> {
  const { account } = await accountTarget(target, context, 'beamd agent unlock');
  if (account.locked === undefined) return { server: account.server, locked: false, changed: false };
  const passphrase = await passphraseFrom(source, 'Passphrase', context);
  const changed = await context.accounts.withLock(account.key, (locked) => locked.unlock(passphrase));
  return { server: account.server, locked: false, changed };
}

async function newPassphrase(source: PassphraseSource, context: Context): Promise<Secret> {
  const passphrase = await passphraseFrom(source, 'New passphrase', context);
  if (passphrase.reveal().length < SHORTEST) {
    throw new BeamError('usage', `The passphrase is shorter than ${String(SHORTEST)} characters`);
  }
  if (source === undefined && !passphrase.equals(await passphraseFrom(source, 'The same again', context))) {
    throw new BeamError('usage', 'The two passphrases differ; nothing was locked', { hint: { command: 'beamd agent lock' } });
  }
  return passphrase;
}

async function passphraseFrom(source: PassphraseSource, question: string, context: Context): Promise<Secret> {
  if (source === undefined) {
    const typed = await context.askPassphrase(question);
    if (typed !== undefined) return typed;
    throw new BeamError('usage', 'There is no terminal to ask for the passphrase on', {
      hint: { text: 'Give it on standard input with --passphrase-file -' },
    });
  }
  const text = source === '-' ? await context.readStdin() : readSmallFile(source, undefined, { follow: true });
  if (text === undefined) throw new BeamError('not_found', `There is no file ${source}`);
  return new Secret(text.replace(/\r?\n$/, ''));
}
