/** Machine tokens of gateways on disk, shared with the commands and with the Rust SDK. */
import { systemClock } from '../clock.ts';
import { BeamError } from '../errors.ts';
import { machineTokenOf, type GatewayAuthorization } from '../runbeam/cloud/client.ts';
import type { Secret } from '../secret.ts';
import { findInstanceKey, instanceKey } from '../store/instances/instance-key.ts';
import { withInstanceLock } from '../store/instances/instance-lock.ts';
import {
  clearMachineToken,
  hasMachineToken,
  loadMachineToken,
  saveMachineToken,
  type MachineToken as Kept,
} from '../store/instances/machine-token.ts';
import { ownHomes, secretOf } from './options.ts';

/** What a machine token is made of. */
export interface MachineTokenFields {
  readonly machineToken: string | Secret;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly gatewayId: string;
  readonly gatewayCode?: string;
  readonly abilities?: readonly string[];
  /** RFC 3339. Default: now. */
  readonly issuedAt?: string;
}

/** The token of a gateway: it lives for 30 days, and acts for the gateway without any user. */
export class MachineToken {
  readonly machineToken: Secret;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly gatewayId: string;
  /** Absent from a token that the Rust SDK 0.11 stored. */
  readonly gatewayCode?: string;
  readonly abilities: readonly string[];
  /** RFC 3339. */
  readonly issuedAt: string;

  constructor(fields: MachineTokenFields) {
    const { machineToken, expiresAt, gatewayId, gatewayCode, abilities = [], issuedAt } = fields;
    this.machineToken = secretOf(machineToken);
    this.expiresAt = expiresAt;
    this.gatewayId = gatewayId;
    if (gatewayCode !== undefined) this.gatewayCode = gatewayCode;
    this.abilities = abilities;
    this.issuedAt = issuedAt ?? new Date(systemClock.now()).toISOString();
  }

  /** Of what `RunbeamClient.authorizeGateway` returned. */
  static of(authorization: GatewayAuthorization): MachineToken {
    return fromKept(machineTokenOf(authorization, systemClock));
  }

  /** Whether it has not expired yet, by the clock of this machine. One whose end cannot be read has. */
  isValid(): boolean {
    return Date.parse(this.expiresAt) > systemClock.now();
  }

  isExpired(): boolean {
    return !this.isValid();
  }
}

function fromKept({ machineToken, expiresAt, gatewayId, abilities, gatewayCode, issuedAt }: Kept): MachineToken {
  const known = { machineToken, expiresAt, gatewayId, abilities };
  return new MachineToken({
    ...known,
    ...(gatewayCode === undefined ? {} : { gatewayCode }),
    ...(issuedAt === undefined ? {} : { issuedAt }),
  });
}

/**
 * Stores the token of an instance, encrypted with age in `~/.runbeam/<instanceId>`, readable for this user alone (0600), in
 * place of the one that was there. The key is that of `RUNBEAM_ENCRYPTION_KEY` (an `AGE-SECRET-KEY-1…` line, base64 of it, or
 * base64 of what `age-keygen` prints, each with or without a line break at its end), else that of
 * `~/.runbeam/<instanceId>/encryption.key`, which is made where there is none. Safe for several processes at once; the commands
 * and the Rust SDK 0.11 read it.
 *
 * Throws a {@link BeamError}: `not_found` for what cannot be an id, `bad_key`, `unsafe_path`, `storage`, `storage_full`, `busy`.
 *
 * @param instanceId - letters, digits, `.`, `_` and `-`, beginning with one of the first two, 128 at most
 */
export async function saveToken(instanceId: string, token: MachineToken): Promise<void> {
  const deps = { homes: ownHomes(), clock: systemClock };
  await withInstanceLock(deps, instanceId, async () => {
    const { identity } = await instanceKey(deps, instanceId, process.env);
    await saveMachineToken(deps, instanceId, token, identity);
  });
}

/**
 * The token that is stored for an instance, by whatever of these programs, expired or not (`isValid`); undefined if there is
 * none. Throws a {@link BeamError}: `not_found` for what cannot be an id, `decrypt_failed` for one that no key here opens,
 * `bad_file`, `bad_key`, `unsafe_path`.
 */
export async function loadToken(instanceId: string): Promise<MachineToken | undefined> {
  const homes = ownHomes();
  if (!hasMachineToken(homes, instanceId)) return undefined;
  const key = await findInstanceKey({ homes, clock: systemClock }, instanceId, process.env);
  if (key === undefined) {
    throw new BeamError('decrypt_failed', 'There is a machine token, and no key that opens it', {
      hint: { text: 'Set RUNBEAM_ENCRYPTION_KEY, or store a new token' },
    });
  }
  const token = await loadMachineToken(homes, instanceId, key);
  return token && fromKept(token);
}

/**
 * Removes the token that is stored for an instance; whether there was one. Its key stays. Runbeam Cloud knows nothing of it: the
 * token is good until it expires. Throws a {@link BeamError}: `not_found` for what cannot be an id, `unsafe_path`, `storage`,
 * `busy`.
 */
export async function clearToken(instanceId: string): Promise<boolean> {
  const homes = ownHomes();
  if (!hasMachineToken(homes, instanceId)) return false;
  return withInstanceLock({ homes, clock: systemClock }, instanceId, async () =>
    Promise.resolve(clearMachineToken(homes, instanceId)),
  );
}
