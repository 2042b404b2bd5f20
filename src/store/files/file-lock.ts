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
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { BeamError, systemCode } from '../../errors.ts';
import { unlinkIfThere, unlinkQuietly, writeNewFile } from './atomic-file.ts';
import { beside, synced, waited } from './disk-wait.ts';
import { fileError, linkError } from './file-errors.ts';
import { HEARTBEAT, HELD, HolderWatch, RELEASED, SPENDING, lockRecord, parseHolder, type LockState } from './lock-holder.ts';
import { listenBeside, removeSocket, type Listening } from './lock-socket.ts';
import { sweepTemporary, temporaryName } from './temporary.ts';

const DEFAULT_TIMEOUT_MS = 10_000;
/** What cannot be done twice is waited for as long, and no longer. */
const SPENDING_TIMEOUT_MS = 14_000;
/** At least as long as it takes to know that a holder is dead that cannot be looked at. */
const WATCH_MS = 17_000;

export interface LockOptions {
  readonly clock: Clock;
  /** Milliseconds to wait for another holder. Default 10,000. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /** For work that may take long: processes in other containers, too, see at once whether this one lives. */
  readonly long?: boolean;
  /** What a caller that tries again and again has seen of the holder so far; it then knows more at each try, and waits for none. */
  readonly watch?: HolderWatch;
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
async function createLockFolder(path: string): Promise<void> {
  const temporary = temporaryName(path);
  mkdirSync(temporary, { mode: 0o700 });
  try {
    await beside(writeNewFile(fileOf(temporary, 1), lockRecord(RELEASED)));
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

/** The highest generation; undefined when it is to be looked for again. */
async function current(path: string): Promise<Generation | undefined> {
  const numbers = generations(path);
  if (numbers === undefined) await createLockFolder(path);
  const number = numbers?.at(-1);
  if (number === undefined) return undefined;
  const text = readText(fileOf(path, number));
  return text === undefined ? undefined : { number, text };
}

/** Makes a generation appear whole. Undefined if that number is taken; else the open file, to be closed. */
async function linkNew(path: string, number: number, data: Buffer): Promise<number | undefined> {
  const temporary = temporaryName(fileOf(path, number));
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, data, 0, data.length, 0);
    await waited(synced(descriptor));
    linkSync(temporary, fileOf(path, number));
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    if (systemCode(error) === 'EEXIST') return undefined;
    throw linkError(error, path);
  } finally {
    unlinkQuietly(temporary);
  }
}

/**
 * Takes the next number. A process that slept since it read `free` may find that number used and removed by others and
 * link it anew; its predecessor was removed before it, and tells.
 */
async function take(path: string, free: Generation, { clock, long = false }: LockOptions): Promise<Held | undefined> {
  const number = free.number + 1;
  const listening = long ? listenBeside(path) : undefined;
  let descriptor: number | undefined;
  try {
    descriptor = await linkNew(path, number, lockRecord(HELD, listening?.name));
  } finally {
    // Nobody else removes its file when this process ends; Node happens to.
    if (descriptor === undefined) listening?.close();
  }
  if (descriptor === undefined) return undefined;
  const held = new Held(descriptor, fileOf(path, number), clock, listening);
  try {
    if (readText(fileOf(path, free.number)) === free.text) {
      for (const lower of generations(path) ?? []) if (lower < number) await beside(unlinkIfThere(fileOf(path, lower)));
      const { socket } = parseHolder(free.text) ?? {};
      if (socket !== undefined) removeSocket(path, socket);
      sweepTemporary(path, clock.now());
      return held;
    }
    await beside(unlinkIfThere(fileOf(path, number)));
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
  readonly #listening: Listening | undefined;
  readonly #clock: Clock;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(descriptor: number, file: string, clock: Clock, listening: Listening | undefined) {
    this.#clock = clock;
    this.#descriptor = descriptor;
    this.#file = file;
    this.#listening = listening;
    this.#heartbeat = setInterval(() => {
      this.#touch();
    }, HEARTBEAT).unref();
  }

  #touch(): void {
    try {
      const now = this.#clock.now() / 1000;
      futimesSync(this.#descriptor, now, now);
    } catch {
      // A disk that cannot be written: others may come to think that this process is no more.
    }
  }

  spend(): void {
    if (!this.isOurs()) throw new BeamError('busy', `Another process has taken ${dirname(this.#file)} over`);
    writeSync(this.#descriptor, SPENDING, 0);
    this.#touch();
  }

  /** Whoever takes it over removes its file, and the highest is never removed. */
  isOurs(): boolean {
    return statSync(this.#file, { throwIfNoEntry: false })?.ino === fstatSync(this.#descriptor).ino;
  }

  release(): void {
    clearInterval(this.#heartbeat);
    this.#listening?.close();
    try {
      writeSync(this.#descriptor, RELEASED, 0);
    } finally {
      closeSync(this.#descriptor);
    }
  }
}

/** The lock, or what keeps it from being had. */
async function attempt(path: string, watch: HolderWatch, options: LockOptions): Promise<Held | LockState> {
  try {
    const generation = await current(path);
    if (generation === undefined) return 'held';
    const state = await watch.look(path, fileOf(path, generation.number), generation.text);
    return state === 'free' ? ((await take(path, generation, options)) ?? 'held') : state;
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

async function acquire(path: string, options: LockOptions): Promise<Held> {
  const { clock, timeout = DEFAULT_TIMEOUT_MS, signal } = options;
  const watch = options.watch ?? new HolderWatch(clock);
  // Not by the wall clock: whoever sets it would end the waits of others, or make them last for hours.
  const begun = clock.elapsed();
  for (let tries = 0; ; tries += 1) {
    const state = await attempt(path, watch, options);
    if (typeof state !== 'string') return state;
    const waited = clock.elapsed() - begun;
    if (state === 'spending' && waited >= Math.min(timeout, SPENDING_TIMEOUT_MS)) throw underWay(path);
    if (waited >= (state === 'watched' && options.watch === undefined ? Math.max(timeout, WATCH_MS) : timeout)) {
      throw new BeamError('busy', `Another process has held ${path} for ${String(timeout / 1000)} seconds`, {
        hint: { text: 'Run the command again in a moment' },
      });
    }
    // The first losses are to others who were only quicker; they are gone in a moment.
    await pause(clock, tries < 2 ? 1 : 10 + Math.random() * 40, signal);
  }
}

/** A server was asked for what it gives once: nobody asks again while the answer may come. */
function underWay(path: string): BeamError {
  const { pid, host } = parseHolder(readText(fileOf(path, generations(path)?.at(-1) ?? 0)) ?? '') ?? {};
  const who = pid === undefined ? 'Another process' : `Process ${String(pid)} on ${String(host)}`;
  return new BeamError('timeout', `${who} is waiting for a server's answer about the same session`, {
    hint: { text: 'Run the command again in a moment' },
  });
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
