/**
 * A lock between processes, without flock. It is a folder, and the highest of its files `g1`, `g2`… is the lock; each is
 * made whole by link(2) and names its holder. It is free when it says so or when its holder is provably dead; then
 * whoever links the next number has it.
 *
 * That no number is used twice rests on three things: the folder appears once, with `g1` in it; files are removed in
 * ascending order and never the highest; and a taker looks, after the link, whether the file it read as free is still
 * there unchanged. A listing may miss files that come and go meanwhile: then one of the three fails, and it is repeated.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { BeamError, systemCode } from '../../errors.ts';
import { fileError } from './file-errors.ts';
import { unlinkQuietly, writeNewFile } from './atomic-file.ts';
import { livenessOf, thisProcess, type ProcessIdentity } from './process-identity.ts';
import { sweepTemporary, temporaryName } from './temporary.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
// Of a holder that cannot be looked at. No work under a lock takes nearly as long.
const UNKNOWN_HOLDER_MS = 600_000;
// The first byte of the file: changing one byte in place is atomic and needs no disk space.
const HELD = 'h';
const SPENDING = 's';
const RELEASED = 'r';

export interface LockOptions {
  readonly clock: Clock;
  /** Milliseconds to wait for another holder. Default 10,000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** A lock, for whoever holds it. */
export interface HeldLock {
  /**
   * Marks that something is under way that cannot be done twice: until it is over, a holder that may come back is waited
   * for. Throws `busy` if the lock was taken over.
   */
  spend(): void;
  /** False once somebody has taken it over, who had reason to believe that this process is no more. */
  isOurs(): boolean;
}

interface Generation {
  readonly number: number;
  /** The whole text: unique, since it holds a nonce. */
  readonly text: string;
  readonly free: boolean;
}

const fileOf = (path: string, generation: number): string => join(path, `g${String(generation)}`);

/** Ascending. Undefined if the folder is not there yet. */
function generations(path: string): number[] | undefined {
  try {
    const names = readdirSync(path).filter((name) => /^g[1-9]\d{0,14}$/u.test(name));
    return names.map((name) => Number(name.slice(1))).sort((a, b) => a - b);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Makes the folder with a first, free generation in it, unless another process has done so. */
function createLockFolder(path: string): void {
  const temporary = temporaryName(path);
  mkdirSync(temporary, { mode: 0o700 });
  try {
    writeNewFile(fileOf(temporary, 1), record(RELEASED));
    // Fails if the folder is there: it is never empty.
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (!existsSync(path)) throw error;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

let nonce = 0;

function record(state: typeof HELD | typeof RELEASED): Buffer {
  nonce += 1;
  const unique = `${String(nonce)}-${String(Math.random()).slice(2)}`;
  return Buffer.from(`${state}${JSON.stringify({ ...thisProcess(), nonce: unique })}\n`, 'latin1');
}

function parseHolder(text: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(text.slice(1));
    if (typeof value !== 'object' || value === null) return undefined;
    const { pid, started, boot, namespace, host }: Partial<Record<keyof ProcessIdentity, unknown>> = value;
    if (typeof pid !== 'number' || typeof started !== 'string' || typeof boot !== 'string') return undefined;
    if (typeof namespace !== 'string' || typeof host !== 'string') return undefined;
    return { pid, started, boot, namespace, host };
  } catch {
    return undefined;
  }
}

function isFree(file: string, text: string, now: number): boolean {
  // Linked files are whole, so an empty one was emptied by a power cut.
  // eslint-disable-next-line no-control-regex -- a file system may give zeros for data that was never written
  if (text.startsWith(RELEASED) || /^\u0000*$/u.test(text)) return true;
  const holder = parseHolder(text);
  const liveness = holder === undefined ? 'unknown' : livenessOf(holder);
  if (liveness !== 'unknown') return liveness === 'dead';
  const modified = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return modified !== undefined && now - modified > UNKNOWN_HOLDER_MS;
}

/** The highest generation; undefined when it is to be looked for again. */
function current(path: string, now: number): Generation | undefined {
  const numbers = generations(path);
  if (numbers === undefined) createLockFolder(path);
  const number = numbers?.at(-1);
  if (number === undefined) return undefined;
  const file = fileOf(path, number);
  const text = readText(file);
  return text === undefined ? undefined : { number, text, free: isFree(file, text, now) };
}

/** Makes a generation appear whole. Undefined if that number is taken; else the open file, to be closed. */
function linkNew(path: string, number: number, data: Buffer): number | undefined {
  const temporary = temporaryName(fileOf(path, number));
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, data, 0, data.length, 0);
    fsyncSync(descriptor);
    linkSync(temporary, fileOf(path, number));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    if (systemCode(error) === 'EEXIST') return undefined;
    throw error;
  } finally {
    unlinkQuietly(temporary);
  }
}

function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/**
 * Takes the next number. A process that slept since it read `free` may find that number used and removed by others and
 * link it anew; its predecessor was removed before it, and tells.
 */
function take(path: string, free: Generation, now: number): Held | undefined {
  const number = free.number + 1;
  const descriptor = linkNew(path, number, record(HELD));
  if (descriptor === undefined) return undefined;
  const held = new Held(descriptor, fileOf(path, number));
  try {
    if (readText(fileOf(path, free.number)) === free.text) {
      for (const lower of generations(path) ?? []) if (lower < number) unlinkIfThere(fileOf(path, lower));
      sweepTemporary(path, now);
      return held;
    }
    unlinkIfThere(fileOf(path, number));
  } catch (error) {
    held.release();
    throw error;
  }
  held.release();
  return undefined;
}

/** A generation of this process. It is the open file, whatever happens to its name: the release needs nothing else. */
class Held implements HeldLock {
  readonly #descriptor: number;
  readonly #file: string;

  constructor(descriptor: number, file: string) {
    this.#descriptor = descriptor;
    this.#file = file;
  }

  spend(): void {
    if (!this.isOurs()) throw new BeamError('busy', `Another process has taken ${dirname(this.#file)} over`);
    writeSync(this.#descriptor, SPENDING, 0);
  }

  /** Whoever takes it over removes its file, and the highest is never removed. */
  isOurs(): boolean {
    return statSync(this.#file, { throwIfNoEntry: false })?.ino === fstatSync(this.#descriptor).ino;
  }

  release(): void {
    try {
      writeSync(this.#descriptor, RELEASED, 0);
    } finally {
      closeSync(this.#descriptor);
    }
  }
}

function attempt(path: string, now: number): Held | undefined {
  try {
    const generation = current(path, now);
    return generation?.free === true ? take(path, generation, now) : undefined;
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

async function acquire(path: string, { clock, timeout = DEFAULT_TIMEOUT_MS, signal }: LockOptions): Promise<Held> {
  // Not by the wall clock: whoever sets it would end the waits of others, or make them last for hours.
  const end = clock.elapsed() + timeout;
  for (let tries = 0; ; tries += 1) {
    const held = attempt(path, clock.now());
    if (held !== undefined) return held;
    if (clock.elapsed() >= end) {
      throw new BeamError('busy', `Another process has held ${path} for ${String(timeout / 1000)} seconds`, {
        hint: { text: 'Run the command again in a moment' },
      });
    }
    // The first losses are to others who were only quicker; they are gone in a moment.
    await pause(clock, tries < 2 ? 1 : 10 + Math.random() * 40, signal);
  }
}

async function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await clock.sleep(ms, signal);
  } catch (error) {
    throw new BeamError('interrupted', 'Interrupted while waiting for another process', { cause: error });
  }
}

/**
 * Runs `work` while no other process (and nobody else in this one) does so for the same path. The folder it is in must exist.
 * A holder that dies lets go at once. Not reentrant: taking it again inside `work` waits for itself.
 * Throws `busy` after the timeout, `interrupted`, `storage`, `storage_full`, and whatever `work` throws.
 */
export async function withLock<T>(path: string, work: (held: HeldLock) => Promise<T>, options: LockOptions): Promise<T> {
  const held = await acquire(path, options);
  try {
    return await work(held);
  } finally {
    held.release();
  }
}
