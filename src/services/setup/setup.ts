/** `beamd setup`: makes another program ask `beamd` for tokens. It is shown before it is written, and only that is ever taken back. */
import { agreed } from '../agreed.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { parseAccountName, type AccountName } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import { withLock } from '../../store/files/file-lock.ts';
import { ensurePrivateFolder } from '../../store/files/permissions.ts';
import { locksFolder, setupLock } from '../../store/paths.ts';
import { parseServer } from '../../store/server.ts';
import type { Context } from '../context.ts';
import type { ClientContext } from '../runbeam/engines/client.ts';
import type { TargetContext, TargetInput } from '../target/ladder.ts';
import { accountTarget, isEdge } from '../target/target.ts';

export type SetUpProgram = 'git' | 'docker' | 'kube';

/** What one program takes to ask for the tokens of an account. */
export interface Setting {
  /** The file, or how its program calls it. */
  readonly place: string;
  /** The lines, as they stand there. */
  readonly lines: readonly string[];
  /** Whether they stand there already: all of them, or some. */
  readonly there: 'all' | 'some' | 'none';
  /** Why they cannot be written. */
  readonly blocked?: BeamError | undefined;
  /** The next command of the user, after they were written. */
  readonly next?: string;
  readonly write: () => Promise<void>;
  /** Takes the lines out that `write` puts in, and no other. */
  readonly remove: () => Promise<void>;
}

export type SetupContext = TargetContext & ClientContext & Pick<Context, 'confirm' | 'notify' | 'homes' | 'clock'>;

export interface SetupInput extends TargetInput {
  readonly program: SetUpProgram;
  readonly undo: boolean;
  /** Ask nothing. */
  readonly yes: boolean;
}

export interface SetupResult extends Pick<Setting, 'place' | 'lines' | 'next'> {
  readonly program: SetUpProgram;
  readonly server: string;
  readonly name?: AccountName;
  readonly outcome: 'written' | 'there' | 'removed' | 'absent';
}

/** What asks another program for its settings; nothing is changed yet. */
export type FindSetting = (context: SetupContext, account: Whose) => Promise<Setting>;

/** What of an account its settings depend on. */
export type Whose = Pick<Account, 'server' | 'name'>;

const SETTINGS: Readonly<Record<SetUpProgram, () => Promise<FindSetting>>> = {
  git: async () => (await import('./git.ts')).gitSetting,
  docker: async () => (await import('./docker.ts')).dockerSetting,
  kube: async () => (await import('./kube.ts')).kubeSetting,
};

/**
 * Writes the settings of a program for the account of the ladder, or takes them back. Throws `usage` without a yes and where something
 * else stands in their place, `busy` while another one changes them, `not_found` for a program that is needed, and as `resolveTarget` and the files.
 */
export async function setUp(context: SetupContext, input: SetupInput): Promise<SetupResult> {
  const command = `beamd setup ${input.program}`;
  const account = await whose(context, input, command);
  const find = await SETTINGS[input.program]();
  const setting = await find(context, account);
  const { place, lines } = setting;
  const result = omitUndefined({ program: input.program, server: account.server, name: account.name, place, lines });
  if (input.undo) {
    if (setting.there === 'none') return { ...result, outcome: 'absent' };
    await agree(context, input, setting, `${command} --undo ${accountWords(account)}`);
    await changeAlone(context, () => find(context, account), input);
    return { ...result, outcome: 'removed' };
  }
  if (setting.blocked !== undefined) throw setting.blocked;
  const next = omitUndefined({ next: setting.next });
  if (setting.there === 'all') return { ...result, ...next, outcome: 'there' };
  await agree(context, input, setting, `${command} ${accountWords(account)}`);
  await changeAlone(context, () => find(context, account), input);
  return { ...result, ...next, outcome: 'written' };
}

/** Several of us at once would each put back what the others found: so one after the other, and each looks anew. */
async function changeAlone(
  { homes, clock }: SetupContext,
  find: () => Promise<Setting>,
  { undo }: Pick<SetupInput, 'undo'>,
): Promise<void> {
  for (const folder of [homes.beamd, locksFolder(homes)]) ensurePrivateFolder(folder);
  const change = async (): Promise<void> => {
    const { there, blocked, write, remove } = await find();
    if (undo) return there === 'none' ? undefined : remove();
    if (blocked !== undefined) throw blocked;
    if (there !== 'all') await write();
  };
  await withLock(setupLock(homes), change, { clock });
}

/** What was set up for a login that is gone can be taken back where it is named. */
async function whose(context: SetupContext, input: SetupInput, command: string): Promise<Whose> {
  try {
    const { account } = await accountTarget(context, input, command);
    if (isEdge(account)) return account;
    throw new BeamError('usage', `${accountTitle(account)} is no edge`, { hint: { command: 'beamd accounts' } });
  } catch (error) {
    const isGone = error instanceof BeamError && error.code === 'login_required';
    if (!isGone || !input.undo || input.server === undefined) throw error;
    const name = input.account === undefined ? undefined : parseAccountName(input.account);
    return omitUndefined({ server: parseServer(input.server).name, name });
  }
}

async function agree(
  context: SetupContext,
  { undo, yes }: SetupInput,
  { place, lines }: Setting,
  command: string,
): Promise<void> {
  if (yes) return;
  context.notify(undo ? `These lines come out of ${place}` : `These lines go into ${place}`);
  for (const line of lines) context.notify(`  ${line}`);
  await agreed(context, undo ? 'Take them out?' : 'Write them?', {
    nobody: 'There is nobody to ask for a yes',
    no: 'Nothing was changed',
    command: `${command} -y`,
  });
}
