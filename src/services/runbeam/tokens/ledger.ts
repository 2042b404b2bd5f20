/** `runbeam harmony:tokens`: the machine tokens that were issued from here, and how long they live. Never a token itself. */
import { BeamError } from '../../../errors.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { findInstanceKey } from '../../../store/instances/instance-key.ts';
import { keptFor } from '../../../store/instances/instance-files.ts';
import { listInstances, type Instance } from '../../../store/instances/instances.ts';
import { loadMachineToken, storedMark } from '../../../store/instances/machine-token.ts';
import { addToLedger, newSerial, readLedger, type LedgerEntry } from '../../../store/instances/token-ledger.ts';
import type { Context } from '../../context.ts';
import { parseSpan } from '../../span.ts';

/**
 * - `live`, `expired`
 * - `undelivered`: it is here, and the gateway does not have it
 * - `perhaps_issued`: the cloud was asked, and its answer never came
 * - `lost`: it was issued, and is neither here nor at the gateway; it lives until it expires
 * - `replaced`: a newer one of the same gateway took its place, or it was deleted here; at the cloud it lives until it expires
 * - `unreadable`: another program stored it, and no key here opens it
 */
export type Standing = (typeof STANDINGS)[number];

export const STANDINGS = ['live', 'expired', 'undelivered', 'perhaps_issued', 'lost', 'replaced', 'unreadable'] as const;

export interface TokenRow {
  readonly standing: Standing;
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

export interface TokensInput {
  /** Only what ends within this span, or has ended: `7d`. */
  readonly due?: string | undefined;
  /** Also those that newer ones have replaced. */
  readonly all?: boolean;
}

type LedgerContext = Pick<Context, 'homes' | 'clock' | 'env'>;

/** How long a machine token lives, milliseconds. */
export const LIFE = 30 * 86_400_000;

/** Milliseconds after which an answer of the cloud does not come any more. */
const UNDER_WAY = 60_000;

/**
 * All of them, those that end first before the others. A token that another program has stored is opened once, for its expiry.
 * Throws `usage` for what is no span; `bad_file`, `unsafe_path` for lists that cannot be read.
 */
export async function listTokens(context: LedgerContext, { due, all = false }: TokensInput = {}): Promise<TokenRow[]> {
  const within = due === undefined ? undefined : dueSeconds(due);
  const now = context.clock.now();
  const byInstance = grouped(readLedger(context.homes), ({ instance }) => instance ?? '');
  const rows: TokenRow[] = [];
  const unknown: Instance[] = [];
  for (const instance of listInstances(context.homes)) {
    const entries = byInstance.get(instance.id) ?? [];
    byInstance.delete(instance.id);
    const mark = storedMark(context.homes, instance.id);
    if (mark !== undefined && holder(entries)?.mark !== mark) unknown.push(instance);
    else rows.push(...rowsOf(context, entries, now, instance));
  }
  for (const [, entries] of byInstance) {
    for (const [, ofOne] of grouped(entries, ({ gatewayCode }) => gatewayCode)) rows.push(...rowsOf(context, ofOne, now));
  }
  rows.push(...(await adopted(context, unknown, now)));
  const wanted = all ? rows : rows.filter(({ standing }) => standing !== 'replaced');
  const inTime = within === undefined ? wanted : wanted.filter((row) => isDue(row, now + within * 1000));
  return inTime.sort((a, b) => endOf(a) - endOf(b));
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

/** Seconds of `--due`. Throws `usage`. */
export function dueSeconds(due: string): number {
  const seconds = parseSpan(due);
  if (seconds !== undefined) return seconds;
  throw new BeamError('usage', '--due takes a span: 12h, 7d', { hint: { command: 'runbeam harmony:tokens --due 7d' } });
}

/** Something is to be done about it before `until`, milliseconds since 1970. */
export function isDue(row: TokenRow, until: number): boolean {
  return row.standing === 'undelivered' || row.standing === 'unreadable' || endOf(row) <= until;
}

/** Milliseconds since 1970; what is not known comes first. */
function endOf({ expiresAt }: TokenRow): number {
  const end = Date.parse(expiresAt ?? '');
  return Number.isNaN(end) ? 0 : end;
}

/** The entry of the token that is in force. */
function holder(entries: readonly LedgerEntry[]): LedgerEntry | undefined {
  return entries.findLast(({ state }) => state === 'delivered' || state === 'stored' || state === 'given');
}

function rowsOf({ homes }: LedgerContext, entries: readonly LedgerEntry[], now: number, instance?: Instance): TokenRow[] {
  const inForce = holder(entries);
  const newest = entries.at(-1);
  const isKept = (entry: LedgerEntry): boolean =>
    instance !== undefined && entry === newest && keptFor(homes, instance.id).includes('undelivered');
  return entries.flatMap((entry): TokenRow[] => {
    const { state, gatewayCode, gatewayId, cloud, issuedAt, askedAt } = entry;
    const expiresAt = entry.expiresAt ?? new Date(Date.parse(askedAt) + LIFE).toISOString();
    const standing =
      entry === inForce
        ? standingInForce(expiresAt, now)
        : standingBeside(state, { isOver: Date.parse(expiresAt) <= now, isKept: () => isKept(entry) });
    // Its answer may still come.
    if (standing === undefined || (standing === 'perhaps_issued' && Date.parse(askedAt) + UNDER_WAY >= now)) return [];
    return [omitUndefined({ standing, instance, gatewayCode, gatewayId, cloud, issuedAt, expiresAt })];
  });
}

const standingInForce = (expiresAt: string, now: number): Standing => (Date.parse(expiresAt) <= now ? 'expired' : 'live');

/** Of a token that is not the one in force; undefined where nothing is to be said of it. */
function standingBeside(
  state: LedgerEntry['state'],
  { isOver, isKept }: { readonly isOver: boolean; readonly isKept: () => boolean },
): Standing | undefined {
  if (state === 'refused' || isOver) return undefined;
  if (state === 'issued') return isKept() ? 'undelivered' : 'lost';
  if (state === 'asked') return isKept() ? 'undelivered' : 'perhaps_issued';
  return 'replaced';
}

/** What other programs have stored, opened, and put down so that it need not be opened again. */
async function adopted(context: LedgerContext, instances: readonly Instance[], now: number): Promise<TokenRow[]> {
  const known: LedgerEntry[] = [];
  const rows: TokenRow[] = [];
  for (const instance of instances) {
    const entry = await openStored(context, instance, now);
    if (entry === undefined) rows.push({ standing: 'unreadable', instance, gatewayCode: instance.id });
    else {
      known.push(entry);
      rows.push(...rowsOf(context, [entry], now, instance));
    }
  }
  if (known.length > 0) await remember(context, known);
  return rows;
}

async function openStored(context: LedgerContext, { id }: Instance, now: number): Promise<LedgerEntry | undefined> {
  const { homes, env } = context;
  try {
    const mark = storedMark(homes, id);
    const key = await findInstanceKey(context, id, env);
    const token = key && (await loadMachineToken(homes, id, key));
    if (token === undefined) return undefined;
    const { gatewayCode = id, gatewayId, issuedAt, expiresAt } = token;
    const askedAt = issuedAt ?? new Date(now).toISOString();
    return { serial: newSerial(), state: 'stored', askedAt, gatewayCode, instance: id, gatewayId, issuedAt, expiresAt, mark };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return undefined;
  }
}

/** A home that cannot be written only means that they are opened again. */
async function remember(context: LedgerContext, entries: readonly LedgerEntry[]): Promise<void> {
  try {
    await addToLedger(context, entries);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
  }
}
