/** A new machine token for a gateway that takes it from a secret engine: it is kept here until it is there. */
import { BeamError } from '../errors.ts';
import { findInstanceKey } from '../store/instances/instance-key.ts';
import { withInstanceLock } from '../store/instances/instance-lock.ts';
import { listInstances } from '../store/instances/instances.ts';
import {
  clearPendingToken,
  loadPendingToken,
  saveMachineToken,
  savePendingToken,
  storedMark,
  tokenMarks,
  type MachineToken,
} from '../store/instances/machine-token.ts';
import { findRecord, type LedgerRecord } from '../store/instances/token-ledger.ts';
import { ensureStoreKey } from '../store/secrets/key-file.ts';
import { factsOf, issue, type IssueDeps } from './authorize.ts';

export interface RenewIntoRequest {
  /** Of the gateway, registered here or not. */
  readonly gatewayCode: string;
  /** What is there now; undefined where that needs no new one. Asked while no other process of this home works for the gateway. */
  readonly due: () => Promise<MachineToken | undefined>;
  /** Brings one there. False: another has brought one that ends no sooner, which stays. */
  readonly put: (token: MachineToken) => Promise<boolean>;
}

/** `delivered`: one that was kept from an earlier attempt is there now. `overtaken`: another brought one, and what was issued is dropped. */
export type RenewedInto = 'not_due' | 'renewed' | 'delivered' | 'overtaken';

/**
 * What was issued before and is kept, is brought there first, and nothing is asked of the cloud then. Throws as `due` and
 * `put`: a new token is kept then; as `CloudClient.authorizeGateway`, and `not_found` for a code that no folder can be called by;
 * `storage`, `storage_full`, `unsafe_path`, `busy`.
 */
export async function renewInto(deps: IssueDeps, { gatewayCode: id, due, put }: RenewIntoRequest): Promise<RenewedInto> {
  return withInstanceLock(deps, id, async () => {
    const there = await due();
    if (there === undefined) return 'not_due';
    const store = await ensureStoreKey(deps.homes, deps.env);
    const kept = await keptToken(deps, id, store);
    if (kept !== undefined) return bring(deps, id, { ...kept, put, done: 'delivered' });
    const { token, record } = await issue(deps, { gatewayCode: id, instance: id });
    // From here on no crash loses what the cloud has issued.
    await savePendingToken(deps, id, token, store);
    await record.became('issued', { ...factsOf(token), mark: tokenMarks(deps.homes, id).pending });
    return bring(deps, id, { token, record, put, done: 'renewed' });
  });
}

interface Brought extends Pick<RenewIntoRequest, 'put'> {
  readonly token: MachineToken;
  readonly record: LedgerRecord | undefined;
  readonly done: RenewedInto;
}

async function bring(deps: IssueDeps, id: string, { token, record, put, done }: Brought): Promise<RenewedInto> {
  const isThere = await put(token);
  if (isThere) await storeHere(deps, id, token);
  await clearPendingToken(deps.homes, id);
  const facts = factsOf(token);
  await record?.became(isThere ? 'delivered' : 'ended', isThere ? { ...facts, mark: storedMark(deps.homes, id) } : facts);
  return isThere ? done : 'overtaken';
}

/** Where the gateway is registered its token is kept under its key, as if it had been brought to the gateway itself. */
async function storeHere(deps: IssueDeps, id: string, token: MachineToken): Promise<void> {
  try {
    if (!listInstances(deps.homes).some((each) => each.id === id)) return;
    const key = await findInstanceKey(deps, id, deps.env);
    if (key !== undefined) await saveMachineToken(deps, id, token, key.identity);
  } catch (error) {
    // The engine has it, which is what counts.
    if (!(error instanceof BeamError)) throw error;
  }
}

async function keptToken(
  deps: IssueDeps,
  id: string,
  store: Parameters<typeof loadPendingToken>[2],
): Promise<Pick<Brought, 'token' | 'record'> | undefined> {
  const token = await loadPendingToken(deps.homes, id, store);
  if (token === undefined) return undefined;
  const record = findRecord(deps, id, tokenMarks(deps.homes, id).pending);
  if (Date.parse(token.expiresAt) > deps.clock.now()) return { token, record };
  await clearPendingToken(deps.homes, id);
  await record?.became('ended', { expiresAt: token.expiresAt });
  return undefined;
}
