/** An instance's age key: what its machine token is encrypted with, here and at the gateway. */
import { BeamError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { deleteInstanceKey, findInstanceKey, setInstanceKey, type InstanceKey } from '../../store/instances/instance-key.ts';
import { withInstanceLock } from '../../store/instances/instance-lock.ts';
import type { Instance } from '../../store/instances/instances.ts';
import type { Context } from '../context.ts';
import { readKey, warnOfForm } from '../runbeam/gateways/instances.ts';
import { selectInstance, type SelectContext, type Selector } from '../runbeam/gateways/select-instance.ts';

export interface ShownKey {
  readonly instance: Instance;
  /** The public half: `age1…`. */
  readonly recipient: string;
  readonly source: InstanceKey['source'];
  /** Base64 of the identity line: only when it was asked for. */
  readonly secret?: Secret;
}

type KeyContext = SelectContext & Pick<Context, 'env' | 'clock' | 'osKeyring'>;

export interface SetKeyInput extends Selector {
  /** An age identity in any shape docs/contracts.md 4 lists, or `-` for standard input. */
  readonly key?: string | undefined;
  /** A file that holds it. */
  readonly keyFile?: string | undefined;
  /** Make a new one. */
  readonly generate?: boolean | undefined;
  /** Seal it to the OS keyring. */
  readonly keyring?: boolean | undefined;
}

/**
 * Stores a key, replacing the instance's own. Throws `bad_key`, `usage` without one, `failed` while the key is exchanged,
 * `storage`, also where the keyring cannot be asked, `busy`, and as `selectInstance`.
 */
export async function setKey(
  context: KeyContext & Pick<Context, 'readStdin' | 'warn' | 'signal'>,
  input: SetKeyInput,
): Promise<ShownKey> {
  const key = input.generate === true ? await newKey() : await readKey(context, input);
  if (key === undefined) {
    throw new BeamError('usage', 'There is no key to store', { hint: { command: 'runbeam harmony:set-key -l LABEL --key -' } });
  }
  const instance = await selectInstance(context, input, { named: 'harmony:set-key --key -' });
  const place = { env: context.env, inKeyring: input.keyring === true };
  const { recipient, source } = await withInstanceLock(context, instance.id, () =>
    setInstanceKey(context, instance.id, key, place),
  );
  await warnOfForm(context, key, instance.id);
  return { instance, recipient, source };
}

async function newKey(): Promise<string> {
  const { generateIdentity } = await import('../../store/secrets/age-identity.ts');
  return (await generateIdentity()).reveal();
}

export interface ShowKeyInput extends Selector {
  /** The secret half, too. */
  readonly reveal: boolean;
}

/** The key in force. Makes none: throws `not_found` when there is none yet. */
export async function showKey(context: KeyContext, input: ShowKeyInput): Promise<ShownKey> {
  const instance = await selectInstance(context, input, { reads: !input.reveal });
  const key = await findInstanceKey(context, instance.id, context.env);
  if (key === undefined) throw noKey(instance);
  const shown = { instance, recipient: key.recipient, source: key.source };
  return input.reveal ? { ...shown, secret: key.base64 } : shown;
}

/**
 * Deletes the key file. A machine token stored here under that key can then no longer be read; the gateway keeps its own
 * copy. Throws `not_found` when there is none, `failed` while the key is exchanged, `busy`, `storage`.
 */
export async function deleteKey(context: KeyContext, selector: Selector): Promise<Instance> {
  const instance = await selectInstance(context, selector, { named: 'harmony:delete-key' });
  const { id } = instance;
  const isGone = await withInstanceLock(context, id, () => deleteInstanceKey(context, id, context.env));
  if (!isGone) throw noKey(instance);
  return instance;
}

function noKey(instance: Instance): BeamError {
  return new BeamError('not_found', `There is no stored key for the gateway ${instance.id}`, {
    hint: { command: `runbeam harmony:set-key --id ${instance.id} --key -` },
  });
}
