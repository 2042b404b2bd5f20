/**
 * The ledger of machine tokens: what Runbeam Cloud was asked for, what it issued, and what became of that. Never a token
 * itself, so it is read without a key. Lines are added and never changed: whoever is killed leaves what was known before.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, type Stats } from 'node:fs';
import { BeamError } from '../../errors.ts';
import { inBatches } from '../../in-batches.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { step } from '../../steps.ts';
import { notRegular, openRegular, tooLarge, writeAll, writeFileAtomic } from '../files/atomic-file.ts';
import { synced } from '../files/beside.ts';
import { fileError } from '../files/file-errors.ts';
import type { HeldLock } from '../files/file-lock.ts';
import { ensurePrivateFolder } from '../files/permissions.ts';
import { ledgerFile, ledgerLock, type Homes, type StoreDeps } from '../paths.ts';

/**
 * - `asked`: the cloud is being asked, or whoever asked was killed meanwhile: perhaps it has issued one
 * - `unanswered`: the cloud was asked, and its answer was lost: perhaps it has issued one
 * - `refused`: none was issued
 * - `issued`: it is here, and the gateway does not have it
 * - `delivered`: the gateway has it
 * - `stored`: it is here for whoever asks, and was brought to no gateway by us
 * - `given`: it was printed, and is kept nowhere
 * - `ended`: it was dropped here; at the cloud it lives until it expires
 */
export type TokenState = (typeof STATES)[number];

const STATES = ['asked', 'unanswered', 'refused', 'issued', 'delivered', 'stored', 'given', 'ended'] as const;

const KNOWN_STATES: ReadonlySet<string> = new Set(STATES);

/** One machine token, or one that may have been issued. */
export interface LedgerEntry {
  /** What the lines about it have in common. */
  readonly serial: string;
  readonly state: TokenState;
  /** RFC 3339. */
  readonly askedAt: string;
  /** Origin of the cloud that was asked. Absent: another program asked. */
  readonly cloud?: string | undefined;
  readonly gatewayCode: string;
  /** The registered instance that it is for. */
  readonly instance?: string | undefined;
  readonly gatewayId?: string | undefined;
  /** RFC 3339. */
  readonly issuedAt?: string | undefined;
  /** RFC 3339. */
  readonly expiresAt?: string | undefined;
  /** The file that holds it, as `tokenMarks` names it: once that is another, the entry is not about what is stored now. */
  readonly mark?: string | undefined;
}

/** What is new of an entry. */
export type LedgerChange = Partial<LedgerEntry> & Pick<LedgerEntry, 'serial'>;

/** Bytes that are read at most: half a million tokens. */
const MAX_LEDGER = 268_435_456;

/** Bytes: whenever a ledger grows past this, or past a power of two times as much, it is looked whether it can be made smaller. */
const WORTH_FOLDING = 262_144;

/** Milliseconds for which a token that has ended, or that may be, is still of interest. A machine token lives for 30 days. */
const REMEMBERED = 37 * 86_400_000;

/** JSON name of each member. */
const NAMES = {
  serial: 'serial',
  state: 'state',
  askedAt: 'asked_at',
  cloud: 'cloud',
  gatewayCode: 'gateway_code',
  instance: 'instance',
  gatewayId: 'gateway_id',
  issuedAt: 'issued_at',
  expiresAt: 'expires_at',
  mark: 'mark',
} as const satisfies Readonly<Record<keyof LedgerEntry, string>>;

const TIMES: ReadonlySet<keyof LedgerEntry> = new Set(['askedAt', 'issuedAt', 'expiresAt']);
// What it fits is a time: to have each of very many read takes longer.
const RFC_3339 =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

const MEMBERS = (Object.entries(NAMES) as readonly [keyof LedgerEntry, string][]).map(([member, name]) => ({
  member,
  name,
  isTime: TIMES.has(member),
}));

/** What was read of a ledger, up to the end of a line. */
interface Known {
  readonly path: string;
  readonly file: string;
  readonly end: number;
  /** The last bytes of it: another file may come to have the same number, and one that was cut may have grown again. */
  readonly tail: Buffer;
  readonly entries: Map<string, LedgerEntry>;
}

/** The last one that was read: of many gateways each asks for it, and only a few lines are new each time. */
let known: Known | undefined;

/** Bytes that a line with a serial of its own is longer than. */
const TAIL = 96;

/**
 * All entries, the oldest first. A line that was cut off by a crash, or that another hand has spoilt, is passed over. Throws
 * `unsafe_path`, `bad_file` for a ledger that cannot be read at all.
 */
export function readLedger(homes: Homes): LedgerEntry[] {
  const path = ledgerFile(homes);
  return step(`read ${path}`, () => readGrown(path), { done: (entries) => (entries === undefined ? 'not there' : '') }) ?? [];
}

function readGrown(path: string): LedgerEntry[] | undefined {
  const opened = openRegular(path);
  if (opened === undefined) return undefined;
  const { descriptor, stats } = opened;
  try {
    if (stats.size > MAX_LEDGER) throw tooLarge(path, MAX_LEDGER);
    const file = `${String(stats.dev)} ${String(stats.ino)}`;
    const before = known?.path === path && known.file === file && isGrown(descriptor, stats.size, known) ? known : undefined;
    const start = before?.end ?? 0;
    const bytes = readFrom(descriptor, start, stats.size);
    const entries = before?.entries ?? new Map<string, LedgerEntry>();
    const whole = bytes.lastIndexOf('\n') + 1;
    addLines(entries, bytes.toString('utf8', 0, whole));
    const tail =
      whole < TAIL ? readFrom(descriptor, Math.max(0, start + whole - TAIL), start + whole) : bytes.subarray(whole - TAIL, whole);
    known = { path, file, end: start + whole, tail: Buffer.from(tail), entries };
    if (whole === bytes.length) return [...entries.values()];
    // The last line is being written, or was cut off: it may be whole all the same, and is read again next time.
    const more = new Map(entries);
    addLines(more, bytes.toString('utf8', whole));
    return [...more.values()];
  } catch (error) {
    throw fileError(error, 'read', path);
  } finally {
    closeSync(descriptor);
  }
}

const isGrown = (descriptor: number, size: number, { end, tail }: Known): boolean =>
  size >= end && readFrom(descriptor, end - tail.length, end).equals(tail);

function readFrom(descriptor: number, start: number, end: number): Buffer {
  const buffer = Buffer.allocUnsafe(Math.max(0, end - start));
  for (let done = 0; done < buffer.length;) {
    const count = readSync(descriptor, buffer, done, buffer.length - done, start + done);
    if (count === 0) return buffer.subarray(0, done);
    done += count;
  }
  return buffer;
}

function addLines(entries: Map<string, LedgerEntry>, text: string): void {
  for (const line of text.split('\n')) {
    const change = parseLine(line);
    if (change === undefined) continue;
    const before = entries.get(change.serial);
    const entry = before === undefined ? change : { ...before, ...change };
    if (isEntry(entry)) entries.set(entry.serial, entry);
  }
}

function parseLine(line: string): LedgerChange | undefined {
  if (line === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  const change: Record<string, string> & { serial?: string } = {};
  for (const { member, name, isTime } of MEMBERS) {
    const text = members[name];
    const said = isTime && typeof text === 'string' ? timeOf(text) : text;
    if (typeof said === 'string') change[member] = said;
  }
  const { serial, state } = change;
  return serial === undefined || (state !== undefined && !KNOWN_STATES.has(state)) ? undefined : (change as LedgerChange);
}

/** RFC 3339, also where the cloud wrote a time in another way; undefined for what is none: a token that ends then would never end. */
function timeOf(text: string): string | undefined {
  if (RFC_3339.test(text)) return text;
  const time = Date.parse(text);
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

const isEntry = (entry: LedgerChange): entry is LedgerEntry =>
  entry.state !== undefined && entry.askedAt !== undefined && entry.gatewayCode !== undefined;

function toLine(change: LedgerChange): string {
  const members = MEMBERS.flatMap(({ member, name }) => (change[member] === undefined ? [] : [[name, change[member]]]));
  return `${JSON.stringify(Object.fromEntries(members))}\n`;
}

/**
 * Adds what is new of one or several tokens, on the disk once this resolves. Throws `busy`, `unsafe_path`, `bad_file`,
 * `storage`, `storage_full`.
 */
export async function addToLedger(deps: StoreDeps, changes: readonly LedgerChange[]): Promise<void> {
  await addInTurn(ledgerFile(deps.homes), { deps, changes });
}

/**
 * Proves that the ledger can be added to, for whoever must not begin otherwise: what a token becomes would be known to nobody. Throws
 * as `addToLedger`.
 */
export async function proveLedger(deps: StoreDeps): Promise<void> {
  await addToLedger(deps, []);
}

interface Adding {
  readonly deps: StoreDeps;
  readonly changes: readonly LedgerChange[];
}

/** Of many that are authorized at once each would wait for the lock and for the disk. */
const addInTurn = inBatches<Adding, undefined>(async (take, { deps: { homes, clock } }) => {
  ensurePrivateFolder(homes.runbeam);
  const { withLock } = await import('../files/file-lock.ts');
  const add = async (held: HeldLock): Promise<undefined[]> => {
    const adding = take();
    const lines = adding.flatMap(({ changes }) => changes.map(toLine));
    const [before, after] = await append(ledgerFile(homes), lines.join(''));
    if (doublings(after) > doublings(before)) fold(homes, clock.now(), { size: after, held });
    return adding.map(() => undefined);
  };
  return withLock(ledgerLock(homes), add, { clock });
});

/** How often a ledger of this size has doubled since it became worth folding: to fold it takes as long as to read it. */
const doublings = (size: number): number => Math.max(0, Math.floor(Math.log2(size / WORTH_FOLDING)) + 1);

/** Returns the size of the file before and after. What cannot be written whole is taken away again. */
async function append(path: string, text: string): Promise<[before: number, after: number]> {
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let descriptor: number | undefined;
  let stats: Stats | undefined;
  try {
    descriptor = openSync(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    stats = fstatSync(descriptor);
    if (!stats.isFile()) throw notRegular(path);
    // After a line that a crash cut off the next begins on one of its own.
    const last = Buffer.alloc(1, '\n');
    if (stats.size > 0) readSync(descriptor, last, 0, 1, stats.size - 1);
    const bytes = Buffer.from(`${last.toString() === '\n' ? '' : '\n'}${text}`);
    writeAll(descriptor, bytes, stats.size);
    await synced(descriptor);
    return [stats.size, stats.size + bytes.length];
  } catch (error) {
    if (error instanceof BeamError) throw error;
    if (descriptor !== undefined && stats !== undefined) cutQuietly(descriptor, stats.size);
    throw fileError(error, 'write', path);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function cutQuietly(descriptor: number, size: number): void {
  try {
    ftruncateSync(descriptor, size);
  } catch {
    // Then a part of a line stays, which is passed over.
  }
}

/** One line for each token, and none for those that are over. What cannot be written stays as it was: nothing is lost. */
function fold(homes: Homes, now: number, { size, held }: { readonly size: number; readonly held: HeldLock }): void {
  const path = ledgerFile(homes);
  try {
    const entries = readLedger(homes).filter((entry) => !isOver(entry, now));
    const text = entries.map(toLine).join('');
    // Where little would be won it is left alone. Whoever was taken for dead meanwhile must not undo what others have added.
    if (text.length * 2 <= size && held.isOurs()) writeFileAtomic(path, text);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
  }
}

/** Nothing can come of it any more. A time that is none is of now: what is not known is kept. */
function isOver({ state, askedAt, expiresAt }: LedgerEntry, now: number): boolean {
  if (state === 'refused') return true;
  const ended = Date.parse(expiresAt ?? '');
  if (!Number.isNaN(ended)) return ended + REMEMBERED < now;
  return Date.parse(askedAt) + REMEMBERED < now;
}

/** The entry of one token, for whoever brings it about. */
export interface LedgerRecord {
  /** Adds what is new. Never throws: what cannot be written stays what was known before, which claims less. */
  became(state: TokenState, more?: Omit<Partial<LedgerEntry>, 'serial' | 'state'>): Promise<void>;
}

/** A new serial. */
export function newSerial(): string {
  return process.getBuiltinModule('node:crypto').randomBytes(8).toString('hex');
}

/**
 * Puts down, before the cloud is asked, that it is: an answer that is lost then is known to be. Throws as `addToLedger`, and
 * then it must not be asked.
 */
export async function beginRecord(
  deps: StoreDeps,
  asked: Pick<LedgerEntry, 'cloud' | 'gatewayCode' | 'instance'>,
): Promise<LedgerRecord> {
  const serial = newSerial();
  const askedAt = new Date(deps.clock.now()).toISOString();
  await addToLedger(deps, [omitUndefined({ serial, state: 'asked' as const, askedAt, ...asked })]);
  return recordOf(deps, serial);
}

/**
 * Of the entries of an instance that of the token that is kept in a file and was not delivered: the one that names the file, else
 * that of whoever was killed after it was kept.
 */
export function keptEntry(entries: readonly LedgerEntry[], kept: string | undefined): LedgerEntry | undefined {
  const named = entries.findLast(({ state, mark }) => state === 'issued' && mark !== undefined && mark === kept);
  return named ?? entries.findLast(({ state, mark }) => state === 'asked' || (state === 'issued' && mark === undefined));
}

/** As `keptEntry`, to go on with. Undefined where the ledger cannot be read, too: the token is delivered anyway. */
export function findRecord(deps: StoreDeps, instance: string, kept: string | undefined): LedgerRecord | undefined {
  const entries = readQuietly(deps.homes).filter((entry) => entry.instance === instance);
  const found = keptEntry(entries, kept);
  return found && recordOf(deps, found.serial);
}

/**
 * When the stored tokens of instances end, RFC 3339, each by `expiryKey` of its instance and its file. Of a token that another
 * program has stored there is none. Empty where the ledger cannot be read: whoever is to be told of that reads it.
 */
export function knownExpiries(homes: Homes): ReadonlyMap<string, string> {
  const ends = new Map<string, string>();
  for (const { instance, mark, expiresAt } of readQuietly(homes)) {
    if (instance !== undefined && mark !== undefined && expiresAt !== undefined) ends.set(expiryKey(instance, mark), expiresAt);
  }
  return ends;
}

/** Names the file of an instance that is marked so. */
export const expiryKey = (instance: string, mark: string): string => `${instance} ${mark}`;

function readQuietly(homes: Homes): LedgerEntry[] {
  try {
    return readLedger(homes);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return [];
  }
}

/** The token of an instance that was in one file is now in another. Never throws, as `LedgerRecord.became`. */
export async function noteMark(
  deps: StoreDeps,
  instance: string,
  { was, is }: { readonly was: string | undefined; readonly is: string | undefined },
): Promise<void> {
  if (was === undefined || is === undefined) return;
  const found = readLedger(deps.homes).findLast((entry) => entry.instance === instance && entry.mark === was);
  if (found !== undefined) await recordOf(deps, found.serial).became(found.state, { mark: is });
}

function recordOf(deps: StoreDeps, serial: string): LedgerRecord {
  return {
    became: async (state, more = {}) => {
      try {
        await addToLedger(deps, [omitUndefined({ ...more, serial, state })]);
      } catch (error) {
        if (!(error instanceof BeamError)) throw error;
      }
    },
  };
}
