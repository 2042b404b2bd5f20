/** The registered Harmony instances: add, find, remove. */
import { BeamError, type Hint } from '../../errors.ts';
import { harmonyOrigin, prefixPath } from '../../runbeam/harmony-address.ts';
import { addInstance, listInstances, removeInstance } from '../../store/instances/instances.ts';
import type { Instance } from '../../store/instances/instances.ts';
import { keptFor, purgeFiles, type Kept } from '../../store/instances/instance-files.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { selectInstance, type SelectContext, type Selector } from './select-instance.ts';

export interface NewInstance {
  readonly ip: string;
  readonly port: number;
  readonly label?: string | undefined;
  readonly pathPrefix: string;
  /** An age identity in any shape docs/contracts.md 4 lists, or `-` for standard input; becomes the instance's key. */
  readonly key?: string | undefined;
  /** A file that holds it. */
  readonly keyFile?: string | undefined;
}

type InstancesContext = Pick<Context, 'homes' | 'clock'>;
type KeyContext = Pick<Context, 'readStdin' | 'warn' | 'signal'>;

/**
 * Registers an instance, or changes the one that has the label or the address, which keeps its id. Throws `usage` for a bad
 * label or address, or those of two; `bad_key`, `insecure_transport`.
 */
export async function addNewInstance(context: InstancesContext & KeyContext, input: NewInstance): Promise<Instance> {
  const key = await readKey(context, input);
  const ip = input.ip.replace(/^\[(.*)\]$/, '$1');
  const { port, pathPrefix } = input;
  checkAddress(ip, port, pathPrefix);
  if (input.label !== undefined) checkLabel(input.label);
  const earlier = listInstances(context.homes);
  // Before anything is written: a bad key must not leave a half registered instance.
  if (key !== undefined) await checkIdentity(key);
  const instance = await addInstance(context, { ip, port, label: input.label, pathPrefix });
  const before = earlier.find(({ id }) => id === instance.id);
  if (before !== undefined) {
    const was = `${printable(before.label)} at ${printable(before.ip)}:${String(before.port)}`;
    context.warn(`${instance.id} was registered already, as ${was}: it is changed and keeps its id`);
  }
  if (key !== undefined) {
    const { setInstanceKey } = await import('../../store/instances/instance-key.ts');
    await setInstanceKey(context, instance.id, key);
    await warnOfForm(context, key, instance.id);
  }
  return instance;
}

async function checkIdentity(key: string): Promise<void> {
  const { parseIdentity, recipientOf } = await import('../../store/secrets/age-identity.ts');
  await recipientOf(parseIdentity(key));
}

/**
 * The key that was given: itself, what a file holds, or with `-` what stands on standard input. Undefined: none was. Throws
 * `not_found` for a file that is not there, and as `readStdin` and `readNamedFile`.
 */
export async function readKey(
  { readStdin, warn, signal }: KeyContext,
  { key, keyFile }: Pick<NewInstance, 'key' | 'keyFile'>,
): Promise<string | undefined> {
  if (keyFile !== undefined) {
    const { readNamedFile } = await import('../../store/files/named-file.ts');
    const text = await readNamedFile(keyFile, signal);
    if (text === undefined) throw new BeamError('not_found', `There is no file ${printable(keyFile, 1_000)}`);
    return text;
  }
  if (key === undefined) return undefined;
  if (key === '-') return readStdin();
  warn('A key on the command line shows up in ps and in the shell history', { text: '--key - reads it from standard input' });
  return key;
}

/** Of a key in a form that is read here and not by every gateway. */
export async function warnOfForm({ warn }: Pick<KeyContext, 'warn'>, key: string, id: string): Promise<void> {
  const { isSdkForm } = await import('../../store/instances/instance-key.ts');
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
  const purged = input.purge ? purgeFiles(context.homes, id) : [];
  return omitUndefined({ id, instance, kept: keptFor(context.homes, id), purged });
}

/** The id of an instance that is not in the list, and of which only files are left: they can be purged still. */
function leftBehind({ homes }: InstancesContext, { id, purge }: RemoveInput): string | undefined {
  if (!purge || id === undefined || listInstances(homes).some((each) => each.id === id)) return undefined;
  return keptFor(homes, id).length > 0 ? id : undefined;
}

async function confirmPurge(
  { homes, confirm }: InstancesContext & Pick<Context, 'confirm'>,
  { yes }: RemoveInput,
  { id, label }: { readonly id: string; readonly label: string },
): Promise<void> {
  if (yes || keptFor(homes, id).length === 0) return;
  const what = `the key and tokens of ${printable(label)}`;
  const answer = await confirm(`Remove ${what}? What is sealed to the key cannot be opened then.`);
  if (answer === true) return;
  const message = answer === undefined ? `There is nobody to ask whether ${what} may go` : 'Nothing was removed';
  throw new BeamError('usage', message, { hint: { command: `runbeam harmony:remove --id ${id} --purge -y` } });
}

function checkAddress(ip: string, port: number, pathPrefix: string): void {
  try {
    harmonyOrigin({ ip, port });
    prefixPath(pathPrefix);
  } catch (error) {
    // What is a bad file when it is read back is wrong usage when it is typed.
    if (!(error instanceof BeamError) || error.code !== 'bad_config') throw error;
    throw new BeamError('usage', error.message, {
      hint: { command: 'runbeam harmony:add -i 127.0.0.1 -p 8081 -x admin -l LABEL' },
    });
  }
}

function checkLabel(label: string): void {
  if (label.trim() !== '' && label === printable(label, 100)) return;
  throw new BeamError('usage', 'A label is 1 to 100 printable characters', {
    hint: { command: 'runbeam harmony:add -l LABEL' },
  });
}
