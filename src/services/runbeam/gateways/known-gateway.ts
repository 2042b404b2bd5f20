/** What the disk alone tells of a gateway: nothing is asked, and nothing is decrypted. */
import { existsSync } from 'node:fs';
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { harmonyOrigin, plaintextAddress, prefixPath } from '../../../runbeam/harmony-address.ts';
import { readSettings, type InstanceSettings } from '../../../store/instances/instance-settings.ts';
import type { Instance } from '../../../store/instances/instances.ts';
import { hasMachineToken, hasPendingToken, storedMark } from '../../../store/instances/machine-token.ts';
import { expiryKey, knownExpiries } from '../../../store/instances/token-ledger.ts';
import { configuredKeyFile, instanceKeyFile, sealedKeyFile, type Homes } from '../../../store/paths.ts';

export interface KnownGateway {
  readonly instance: Instance;
  /** Where its API is; absent for an address that must not be called. */
  readonly url?: string;
  /** `stored`: a machine token is here. `undelivered`: one was issued, and the gateway has not got it. */
  readonly token?: 'stored' | 'undelivered';
  /** When the stored machine token ends, RFC 3339, by the ledger; absent where another program wrote it, since that is sealed. */
  readonly authorizedUntil?: string;
  /** Somebody gave the instance its key, and so it goes along with a token. */
  readonly keyConfigured: boolean;
  readonly seen?: InstanceSettings['seen'];
  readonly renew?: InstanceSettings['renew'];
  readonly plaintext?: true;
  readonly ownCa?: true;
  readonly unreadable?: true;
}

/** What was read once for many. */
export interface KnownBefore {
  /** False where nothing is kept for the instance: most of very many are only registered. */
  readonly hasFolder?: boolean;
  /** As `knownExpiries` gives them. */
  readonly ends?: ReadonlyMap<string, string>;
}

export function knownGateway(homes: Homes, instance: Instance, { hasFolder = true, ends }: KnownBefore = {}): KnownGateway {
  if (!hasFolder) return omitUndefined({ instance, url: urlOf(instance, {}), keyConfigured: false });
  const { id } = instance;
  const settings = readSettings(homes, id);
  const isUndelivered = hasPendingToken(homes, id);
  const url = urlOf(instance, settings);
  const mark = storedMark(homes, id);
  return omitUndefined({
    instance,
    url,
    token: isUndelivered ? 'undelivered' : hasMachineToken(homes, id) ? 'stored' : undefined,
    authorizedUntil: mark === undefined ? undefined : (ends ?? knownExpiries(homes)).get(expiryKey(id, mark)),
    keyConfigured:
      existsSync(configuredKeyFile(homes, id)) && [instanceKeyFile, sealedKeyFile].some((file) => existsSync(file(homes, id))),
    seen: settings.seen,
    renew: settings.renew,
    // Leave that was given for the address before is none for this one.
    plaintext: settings.plaintextTo === plaintextAddress(instance) && url?.startsWith('http:') === true ? true : undefined,
    ownCa: settings.ca === undefined ? undefined : true,
    unreadable: settings.unreadable,
  });
}

function urlOf(instance: Instance, settings: InstanceSettings): string | undefined {
  try {
    return `${harmonyOrigin(instance, settings)}${prefixPath(instance.pathPrefix)}`;
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return undefined;
  }
}
