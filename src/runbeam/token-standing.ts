/** What has become of the machine tokens that the ledger knows, by the ledger and by what is on disk. Never a token itself. */
import type { Clock } from '../clock.ts';
import type { Env } from '../environment.ts';
import { BeamError } from '../errors.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { instanceFolders } from '../store/instances/instance-files.ts';
import { findInstanceKey } from '../store/instances/instance-key.ts';
import { listInstances, type Instance } from '../store/instances/instances.ts';
import { loadMachineToken, tokenMarks } from '../store/instances/machine-token.ts';
import { addToLedger, keptEntry, newSerial, readLedger, type LedgerEntry } from '../store/instances/token-ledger.ts';
import type { Homes } from '../store/paths.ts';

/**
 * - `live`, `expired`
 * - `undelivered`: it is here, and the gateway does not have it
 * - `perhaps_issued`: the cloud was asked, and its answer never came
 * - `lost`: it was issued, and is neither here nor at the gateway, nor is a newer one; it lives until it expires
 * - `replaced`: a newer one of the same gateway took its place, or it was deleted here; at the cloud it lives until it expires
 * - `unreadable`: another program stored it, and no key here opens it
 */
export type Standing = (typeof STANDINGS)[number];

export const STANDINGS = ['live', 'expired', 'undelivered', 'perhaps_issued', 'lost', 'replaced', 'unreadable'] as const;

export interface TokenRow {
  readonly standing: Standing;
  /** It was asked for with `token:get`, beside the one that the gateway has: nothing renews it. */
  readonly givenOut?: true | undefined;
  /** The registered instance that it is for. */
  readonly instance?: Instance | undefined;
  readonly gatewayCode: string;
  readonly gatewayId?: string | undefined;
  /** Origin of the cloud. Absent: it is not known. */
  readonly cloud?: string | undefined;
  /** RFC 3339. */
  readonly issuedAt?: string | undefined;
  /** RFC 3339; of one that was perhaps issued when it would end at the latest. */
  readonly expiresAt?: string | undefined;
}

/** That of an instance that is registered. */
export type TokenOfInstance = TokenRow & { readonly instance: Instance };

export interface StandingDeps {
  readonly homes: Homes;
  readonly clock: Clock;
  /** Read for `RUNBEAM_ENCRYPTION_KEY`. */
  readonly env: Env;
}

/**
 * Of each instance the token that waits to be delivered, else the first one of these standings: what its gateway has. One that was lost
 * or perhaps issued says nothing of that, and one that was given out is somebody else's.
 */
export function tokenOfEach(rows: readonly TokenRow[], standings: readonly Standing[]): Map<string, TokenOfInstance> {
  const found = new Map<string, TokenOfInstance>();
  for (const row of rows) {
    const { instance, standing, givenOut } = row;
    if (instance === undefined || givenOut === true) continue;
    const isFirst = standings.includes(standing) && !found.has(instance.id);
    if (standing === 'undelivered' || isFirst) found.set(instance.id, { ...row, instance });
  }
  return found;
}

/** How long a machine token lives, milliseconds. */
export const LIFE = 30 * 86_400_000;

/** Milliseconds after which an answer of the cloud does not come any more. */
const UNDER_WAY = 60_000;

/** Of one instance, or of one gateway code that is none of an instance. */
interface Group {
  readonly instance?: Instance | undefined;
  readonly entries: readonly LedgerEntry[];
  /** The files that are there, as `tokenMarks` names them. */
  readonly stored?: string | undefined;
  readonly pending?: string | undefined;
}

/**
 * All of them, those that end first before the others. A token that another program has stored is opened once, for its expiry,
 * and put down unless `remembers` is false; with `sealed` it is not looked at. Throws `bad_file`, `unsafe_path` for lists that cannot be read.
 */
export async function tokenRows(deps: StandingDeps, { sealed = false, remembers = true } = {}): Promise<TokenRow[]> {
  const now = deps.clock.now();
  const { known, strange } = groupsOf(deps.homes);
  const rows = known.flatMap((group) => rowsOf(group, now));
  if (!sealed) rows.push(...(await adopted(deps, strange, { now, remembers })));
  // Each time is read once: to compare them takes many looks at each.
  const ends = rows.map((row) => ({ row, end: endOf(row) })).sort((a, b) => a.end - b.end);
  return ends.map(({ row }) => row);
}

/** Milliseconds since 1970; what is not known comes first. */
export function endOf({ expiresAt }: Pick<TokenRow, 'expiresAt'>): number {
  const end = Date.parse(expiresAt ?? '');
  return Number.isNaN(end) ? 0 : end;
}

/** What the gateway of an instance has, by the ledger alone; undefined: nothing that is known. Throws as `readLedger`. */
export function tokenInForce(homes: Homes, instance: string): LedgerEntry | undefined {
  return inForce(readLedger(homes).filter((entry) => entry.instance === instance));
}

/** Every instance and every code. `strange`: those with a stored token that another program has put there. */
function groupsOf(homes: Homes): { readonly known: Group[]; readonly strange: Group[] } {
  const byInstance = grouped(readLedger(homes), ({ instance }) => instance ?? '');
  const folders = instanceFolders(homes);
  const [known, strange]: [Group[], Group[]] = [[], []];
  for (const instance of listInstances(homes)) {
    const entries = byInstance.get(instance.id) ?? [];
    byInstance.delete(instance.id);
    const { stored, pending } = folders.has(instance.id) ? tokenMarks(homes, instance.id) : {};
    const isKnown = stored === undefined || entries.some(({ mark }) => mark === stored);
    (isKnown ? known : strange).push({ instance, entries, stored, pending });
  }
  for (const [id, entries] of byInstance) {
    // One that is renewed into a secret engine need not be registered here, and waits here all the same.
    const { pending } = folders.has(id) ? tokenMarks(homes, id) : {};
    for (const [, ofOne] of grouped(entries, ({ gatewayCode }) => gatewayCode)) known.push({ entries: ofOne, pending });
  }
  return { known, strange };
}

function grouped(entries: readonly LedgerEntry[], by: (entry: LedgerEntry) => string): Map<string, LedgerEntry[]> {
  const groups = new Map<string, LedgerEntry[]>();
  for (const entry of entries) {
    const group = groups.get(by(entry));
    if (group === undefined) groups.set(by(entry), [entry]);
    else group.push(entry);
  }
  return groups;
}

const isHeld = ({ state }: LedgerEntry): boolean => state === 'delivered' || state === 'stored' || state === 'given';

/**
 * What the gateway has. What another program has stored it has brought there, too; what was only asked for here counts where
 * nothing else is known: the gateway may read the same home.
 */
function inForce(entries: readonly LedgerEntry[]): LedgerEntry | undefined {
  const brought = entries.findLast((entry) => isHeld(entry) && (entry.state === 'delivered' || entry.cloud === undefined));
  return brought ?? entries.findLast(isHeld);
}

function rowsOf({ entries, instance, pending }: Group, now: number): TokenRow[] {
  const current = inForce(entries);
  const last = entries.findLast(isHeld);
  const newest = entries.findLast((entry) => entry.state === 'issued' || isHeld(entry));
  const kept = pending === undefined ? undefined : keptEntry(entries, pending);
  const rows = entries.flatMap((entry): TokenRow[] => {
    const { gatewayCode, gatewayId, cloud, issuedAt, askedAt } = entry;
    const expiresAt = entry.expiresAt ?? new Date(Date.parse(askedAt) + LIFE).toISOString();
    const isOver = Date.parse(expiresAt) <= now;
    const givenOut = entry === last && entry !== current ? true : undefined;
    const standing =
      entry === current || entry === last
        ? whileUsed(isOver, isOver && instance === undefined && entry.instance !== undefined)
        : whileUnused(entry, { now, isOver, isKept: entry === kept, isNewest: entry === newest });
    return standing === undefined
      ? []
      : [omitUndefined({ standing, givenOut, instance, gatewayCode, gatewayId, cloud, issuedAt, expiresAt })];
  });
  // Kept by an earlier version, which had no ledger.
  if (pending !== undefined && kept === undefined && instance !== undefined) {
    rows.push({ standing: 'undelivered', instance, gatewayCode: instance.id });
  }
  return rows;
}

/** One that has ended, of a gateway that is not registered any more, concerns nobody. */
function whileUsed(isOver: boolean, isForgotten: boolean): Standing {
  if (isForgotten) return 'replaced';
  return isOver ? 'expired' : 'live';
}

interface Unused {
  readonly now: number;
  readonly isOver: boolean;
  readonly isKept: boolean;
  readonly isNewest: boolean;
}

/** Undefined where nothing is to be said of it. */
function whileUnused({ state, askedAt }: LedgerEntry, { now, isOver, isKept, isNewest }: Unused): Standing | undefined {
  if (state === 'refused' || isOver) return undefined;
  if (isKept) return 'undelivered';
  if (state === 'issued') return isNewest ? 'lost' : 'replaced';
  if (state === 'unanswered') return 'perhaps_issued';
  if (state !== 'asked') return 'replaced';
  // Its answer may still come.
  return Date.parse(askedAt) + UNDER_WAY < now ? 'perhaps_issued' : undefined;
}

/** What other programs have stored, opened, and put down so that it need not be opened again. */
async function adopted(
  deps: StandingDeps,
  groups: readonly Group[],
  { now, remembers }: { readonly now: number; readonly remembers: boolean },
): Promise<TokenRow[]> {
  const rows: TokenRow[] = [];
  const opened: LedgerEntry[] = [];
  for (const group of groups) {
    const entry = await openStored(deps, group);
    if (entry === undefined) rows.push(...sealedRows(group, now));
    else {
      opened.push(entry);
      const others = group.entries.filter(({ serial }) => serial !== entry.serial);
      rows.push(...rowsOf({ ...group, entries: [...others, entry] }, now));
    }
  }
  if (remembers) await remember(deps, opened);
  return rows;
}

/** What the ledger has as in use is not any more: another program has replaced it, by one that nobody here can read. */
function sealedRows(group: Group, now: number): TokenRow[] {
  const { instance } = group;
  const others = rowsOf(group, now).filter(({ standing }) => standing !== 'live' && standing !== 'expired');
  return instance === undefined ? others : [{ standing: 'unreadable', instance, gatewayCode: instance.id }, ...others];
}

async function openStored({ homes, env, clock }: StandingDeps, group: Group): Promise<LedgerEntry | undefined> {
  const { instance, entries, stored: mark, pending } = group;
  if (instance === undefined) return undefined;
  const { id } = instance;
  try {
    const key = await findInstanceKey({ homes, clock }, id, env);
    const token = key && (await loadMachineToken(homes, id, key));
    if (token === undefined) return undefined;
    const { gatewayCode = id, gatewayId, issuedAt, expiresAt } = token;
    const ours = (entry: LedgerEntry): boolean => entry.expiresAt === expiresAt && entry.gatewayId === gatewayId;
    // In a home that was copied or brought back from a backup.
    const same = entries.findLast((entry) => isHeld(entry) && ours(entry));
    if (same !== undefined) return { ...same, mark };
    // It is stored once the gateway has it: whoever brought it was killed then. What waits beside it is brought once more.
    const brought = entries.findLast((entry) => entry.state === 'issued' && ours(entry));
    if (brought !== undefined) return brought.mark === pending ? brought : { ...brought, state: 'delivered', mark };
    const askedAt = issuedAt ?? new Date(clock.now()).toISOString();
    return { serial: newSerial(), state: 'stored', askedAt, gatewayCode, instance: id, gatewayId, issuedAt, expiresAt, mark };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return undefined;
  }
}

/** A home that cannot be written only means that they are opened again. */
async function remember(deps: StandingDeps, entries: readonly LedgerEntry[]): Promise<void> {
  if (entries.length === 0) return;
  try {
    await addToLedger(deps, entries);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
  }
}
