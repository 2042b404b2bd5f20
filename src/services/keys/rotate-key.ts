/** `runbeam harmony:rotate-key`: another key for an instance, without a moment in which its gateway has none. */
import { BeamError } from '../../errors.ts';
import { findInstanceKey, type InstanceKey } from '../../store/instances/instance-key.ts';
import { withInstanceLock } from '../../store/instances/instance-lock.ts';
import type { Instance } from '../../store/instances/instances.ts';
import * as rotations from '../../store/instances/key-rotation.ts';
import { hasPendingToken, isSealedTo } from '../../store/instances/machine-token.ts';
import { generateIdentity, parseIdentity } from '../../store/secrets/age-identity.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { authorize, type Authorized, type AuthorizeInput } from '../runbeam/authorize.ts';
import { readKey } from '../runbeam/gateways/instances.ts';
import { selectInstance } from '../runbeam/gateways/select-instance.ts';

export interface RotateKeyInput extends Pick<AuthorizeInput, 'name' | 'label' | 'id' | 'via' | 'config' | 'ask'> {
  /** The new key; absent: one is made. */
  readonly keyFile?: string | undefined;
  /** Let go of the old key. */
  readonly finish: boolean;
  /** Put the old key back. */
  readonly abort: boolean;
}

export interface RotatedKey {
  readonly instance: Instance;
  /** `rotated`: the gateway has the new key. `undelivered`: a token was issued, and neither reached the gateway. */
  readonly state: 'rotated' | 'undelivered' | 'finished' | 'aborted';
  /** The public half of the key that is in force. */
  readonly recipient: string;
  /** That of the one that is kept beside it. */
  readonly previous?: string;
  /** After an abort: a token is kept that the gateway may not have, and with it perhaps the key that was taken back. */
  readonly kept?: boolean;
  /** Absent where nothing was authorized now. */
  readonly authorized?: Authorized;
}

type RotateContext = Parameters<typeof authorize>[0] & Pick<Context, 'clock' | 'osKeyring' | 'readStdin' | 'warn' | 'signal'>;

/**
 * Begins an exchange or goes on with one that was interrupted; finishes it; or takes it back. Throws `usage` where the key is
 * the environment's, `not_found` where there is none to exchange, `failed` for a finish too early and an abort too late, and as
 * `authorize`.
 */
export async function rotateKey(context: RotateContext, input: RotateKeyInput): Promise<RotatedKey> {
  const instance = await selectInstance(context, input, { named: 'harmony:rotate-key' });
  if ((context.env['RUNBEAM_ENCRYPTION_KEY'] ?? '').trim() !== '') {
    throw new BeamError('usage', 'RUNBEAM_ENCRYPTION_KEY is set, and goes before the key that is stored', {
      hint: { command: 'unset RUNBEAM_ENCRYPTION_KEY' },
    });
  }
  if (input.finish || input.abort) return withInstanceLock(context, instance.id, () => end(context, instance, input));
  const rotation = await withInstanceLock(context, instance.id, () => begin(context, instance, input));
  if (rotation.delivered) return { instance, state: 'rotated', ...keysOf(rotation) };
  const authorized = await deliver(context, input, instance);
  if (!authorized.result.delivered) return { instance, state: 'undelivered', ...keysOf(rotation), authorized };
  rotations.noteRotation(context.homes, instance.id, { ...rotation, delivered: true });
  return { instance, state: 'rotated', ...keysOf(rotation), authorized };
}

const keysOf = ({ recipient, previous }: rotations.Rotation): Pick<RotatedKey, 'recipient' | 'previous'> => ({
  recipient,
  previous,
});

async function begin(context: RotateContext, { id }: Instance, { keyFile }: RotateKeyInput): Promise<rotations.Rotation> {
  const current = await keyInForce(context, id);
  const rotation = rotations.readRotation(context.homes, id);
  // One whose new key never came into its place begins again.
  if (rotation?.recipient === current.recipient) return withProgress(context, id, rotation, current);
  const given = await readKey(context, keyFile === '-' ? { key: '-' } : { keyFile });
  const next = given === undefined ? await generateIdentity() : parseIdentity(given, keyFile ?? 'The new key');
  if (next.equals(current.identity)) {
    throw new BeamError('usage', 'The new key is the one that the instance has', {
      hint: { command: `runbeam harmony:rotate-key --id ${id}` },
    });
  }
  return rotations.beginRotation(context, id, { current, next, env: context.env });
}

/** A token that is sealed to the new key was delivered with it, whether or not anybody lived to note that. */
async function withProgress(
  { homes }: RotateContext,
  id: string,
  rotation: rotations.Rotation,
  { identity, recipient }: InstanceKey,
): Promise<rotations.Rotation> {
  if (rotation.recipient !== recipient) return { ...rotation, delivered: false };
  return { ...rotation, delivered: rotation.delivered || (await isSealedTo(homes, id, identity)) };
}

async function keyInForce(context: RotateContext, id: string): Promise<InstanceKey> {
  const key = await findInstanceKey(context, id, context.env);
  if (key !== undefined) return key;
  throw new BeamError('not_found', `The gateway ${id} has no key yet`, {
    hint: { command: `runbeam harmony:set-key --id ${id} --generate` },
  });
}

/** A token that was issued before a crash is delivered; only without one another is asked for. */
async function deliver(context: RotateContext, { via, config, ask }: RotateKeyInput, { id }: Instance): Promise<Authorized> {
  const input = { id, via, config, ask, update: false };
  const kept = via === 'cloud' && hasPendingToken(context.homes, id);
  try {
    return await authorize(context, { ...input, retry: kept });
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    if (kept && error.code === 'expired_token') return authorize(context, { ...input, retry: false });
    if (error.code !== 'forbidden') throw error;
    const hint = { command: `runbeam harmony:rotate-key --id ${id} --via harmony` };
    throw new BeamError('forbidden', error.message, { hint, cause: error });
  }
}

async function end(context: RotateContext, instance: Instance, { finish }: RotateKeyInput): Promise<RotatedKey> {
  const { id, label } = instance;
  const { homes } = context;
  const read = rotations.readRotation(homes, id);
  if (read === undefined) {
    throw new BeamError('not_found', `No exchange of the key of ${printable(label, 80)} is under way`, {
      hint: { command: `runbeam harmony:rotate-key --id ${id}` },
    });
  }
  const current = await keyInForce(context, id);
  const rotation = await withProgress(context, id, read, current);
  if (!finish) {
    if (rotation.delivered) {
      throw new BeamError('failed', 'The gateway has the new key already: the old one cannot come back by itself', {
        hint: { command: `runbeam harmony:rotate-key --id ${id} --finish` },
      });
    }
    rotations.abortRotation(homes, id, rotation);
    return { instance, state: 'aborted', recipient: rotation.previous, kept: hasPendingToken(homes, id) };
  }
  if (!rotation.delivered) {
    throw new BeamError('failed', 'The gateway does not have the new key yet', {
      hint: { command: `runbeam harmony:rotate-key --id ${id}` },
    });
  }
  await rotations.finishRotation(context, id, current);
  return { instance, state: 'finished', recipient: rotation.recipient };
}
