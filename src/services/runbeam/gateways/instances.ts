/** The registered Harmony instances: their keys as they are typed, and how one is removed. */
import { agreed } from '../../agreed.ts';
import type { Hint } from '../../../errors.ts';
import { listInstances, removeInstance, type Instance } from '../../../store/instances/instances.ts';
import { forgetSettings } from '../../../store/instances/instance-settings.ts';
import { keptFor, purgeFiles, type Kept } from '../../../store/instances/instance-files.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable } from '../../../text.ts';
import type { Context } from '../../context.ts';
import { selectInstance, type SelectContext, type Selector } from './select-instance.ts';

/** A key as it is typed. */
export interface KeyInput {
  /** An age identity in any shape docs/contracts.md 4 lists, or `-` for standard input; becomes the instance's key. */
  readonly key?: string | undefined;
  /** A file that holds it. */
  readonly keyFile?: string | undefined;
}

type InstancesContext = Pick<Context, 'homes' | 'clock' | 'env' | 'osKeyring'>;
export type KeyContext = Pick<Context, 'readStdin' | 'warn' | 'signal'>;

/**
 * The key that was given: itself, what a file holds, or with `-` what stands on standard input. Undefined: none was. Throws
 * As `readStdin` and `readGivenFile`.
 */
export async function readKey({ readStdin, warn, signal }: KeyContext, { key, keyFile }: KeyInput): Promise<string | undefined> {
  if (keyFile !== undefined) {
    const { readGivenFile } = await import('../../../store/files/named-file.ts');
    return readGivenFile(keyFile, signal);
  }
  if (key === undefined) return undefined;
  if (key === '-') return readStdin();
  warn('A key on the command line shows up in ps and in the shell history', { text: '--key - reads it from standard input' });
  return key;
}

/** Of a key in a form that is read here and not by every gateway. */
export async function warnOfForm({ warn }: Pick<KeyContext, 'warn'>, key: string, id: string): Promise<void> {
  const { isSdkForm } = await import('../../../store/instances/instance-key.ts');
  if (isSdkForm(key)) return;
  warn('Gateways with SDK 0.11 cannot read a key in this form', sdkFormHint(id));
}

/** How a gateway gets a key of another form in the one that each of them reads. */
export function sdkFormHint(id: string): Hint {
  return { text: `Give the gateway what this prints: runbeam harmony:show-key --id ${id} --reveal` };
}

export interface RemoveInput extends Selector {
  /** Remove its key and tokens too. */
  readonly purge: boolean;
  /** Do so without asking. */
  readonly yes: boolean;
}

export interface Removed {
  readonly id: string;
  /** Absent: it was in the list no more, and only its files were left. */
  readonly instance?: Instance;
  /** What is still there. */
  readonly kept: readonly Kept[];
  readonly purged: readonly Kept[];
}

/**
 * Takes an instance out of the list. Its key and tokens stay, unless they are to be purged: for that the user is asked. Throws
 * as `selectInstance`; `usage` where there is nobody to ask, or after a no.
 */
export async function removeOneInstance(
  context: InstancesContext & SelectContext & Pick<Context, 'confirm'>,
  input: RemoveInput,
): Promise<Removed> {
  const left = leftBehind(context, input);
  const instance = left === undefined ? await selectInstance(context, input, { named: 'harmony:remove' }) : undefined;
  const id = left ?? instance?.id ?? '';
  if (input.purge) await confirmPurge(context, input, { id, label: instance?.label ?? id });
  if (instance !== undefined) await removeInstance(context, id);
  const purged = input.purge ? await purgeFiles(context, id, context.env) : [];
  // Leave that was given ends with the entry: one that is added later may have the same id, and be another gateway.
  if (!input.purge) forgetSettings(context.homes, id);
  return omitUndefined({ id, instance, kept: keptFor(context.homes, id), purged });
}

/** The id of an instance that is not in the list, and of which only files are left: they can be purged still. */
function leftBehind({ homes }: InstancesContext, { id, purge }: RemoveInput): string | undefined {
  if (!purge || id === undefined || listInstances(homes).some((each) => each.id === id)) return undefined;
  return keptFor(homes, id).length > 0 ? id : undefined;
}

async function confirmPurge(
  context: InstancesContext & Pick<Context, 'confirm'>,
  { yes }: RemoveInput,
  { id, label }: { readonly id: string; readonly label: string },
): Promise<void> {
  if (yes || keptFor(context.homes, id).length === 0) return;
  const what = `the key and tokens of ${printable(label)}`;
  await agreed(context, `Remove ${what}? What is sealed to the key cannot be opened then.`, {
    nobody: `There is nobody to ask whether ${what} may go`,
    no: 'Nothing was removed',
    command: `runbeam harmony:remove --id ${id} --purge -y`,
  });
}
