/** What the file of a lock says, and whether its holder is still there. */
import { statSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { isFields, looseJson } from '../../loose-json.ts';
import { knock } from './lock-socket.ts';
import { livenessOf, thisProcess, type ProcessIdentity } from './process-identity.ts';

// The first byte of the file: changing one byte in place is atomic and needs no disk space.
export const HELD = 'h';
/** Held, and something is under way that cannot be done twice. */
export const SPENDING = 's';
export const RELEASED = 'r';

/** How often a holder touches its file, milliseconds. */
export const HEARTBEAT = 2_000;
/** Silence of a holder that cannot be looked at, on the observer's own clock, after which it is taken to be dead. */
const SILENT = 15_000;
/** How long ago the last sign of life of a holder that may come back has to be. */
const LONG_SILENT = 600_000;
/** As whole as several heartbeats: a file that only looks old, by a clock that is wrong, changes meanwhile. */
const CONFIRMED = 3 * HEARTBEAT;

/**
 * How long a holder that has answered is not knocked at again, milliseconds. One that is stopped takes up nobody who knocks,
 * and once its backlog is full, some systems and Bun say of it what they say of one that is dead.
 */
const KNOCK_AGAIN = 1_000;

/** Who holds a lock. */
export interface Holder extends ProcessIdentity {
  /** It touches its file. Absent in files of versions before. */
  readonly beats?: boolean;
  /** The socket that it listens on, in the folder of the lock. */
  readonly socket?: string;
}

/** `watched`: nobody can say; a while longer, and it is known. */
export type LockState = 'free' | 'held' | 'watched' | 'spending';

let nonce = 0;

/** The content of a lock's file, which no other has. */
export function lockRecord(state: typeof HELD | typeof RELEASED, socket?: string): Buffer {
  nonce += 1;
  const unique = `${String(nonce)}-${String(Math.random()).slice(2)}`;
  return Buffer.from(`${state}${JSON.stringify({ ...thisProcess(), beats: true, socket, nonce: unique })}\n`, 'latin1');
}

export function parseHolder(text: string): Holder | undefined {
  const value = looseJson(text.slice(1));
  if (!isFields(value)) return undefined;
  const { pid, started, boot, namespace, host, beats, socket }: Partial<Record<keyof Holder, unknown>> = value;
  if (typeof pid !== 'number' || typeof started !== 'string' || typeof boot !== 'string') return undefined;
  if (typeof namespace !== 'string' || typeof host !== 'string') return undefined;
  const said = { pid, started, boot, namespace, host, beats: beats === true };
  return typeof socket === 'string' ? { ...said, socket } : said;
}

/** Looks at the holder of one lock again and again, and so sees its silence. */
export class HolderWatch {
  readonly #clock: Clock;
  readonly #patience: number;
  #sign = '';
  #since = 0;
  #answered: { readonly text: string; readonly at: number } | undefined;

  /**
   * @param patience - milliseconds of silence after which one that is there, but stopped, is passed over. Default: none are
   *   enough. Only for work whose holder asks `isOurs` before each step.
   */
  constructor(clock: Clock, patience = Infinity) {
    this.#clock = clock;
    this.#patience = patience;
  }

  /** `file` is the lock's, with `text` in it; its folder is `folder`. */
  async look(folder: string, file: string, text: string): Promise<LockState> {
    // Linked files are whole, so an empty one was emptied by a power cut.
    // eslint-disable-next-line no-control-regex -- a file system may give zeros for data that was never written
    if (text.startsWith(RELEASED) || /^\u0000*$/u.test(text)) return 'free';
    const holder = parseHolder(text);
    const liveness = holder === undefined ? 'unknown' : await this.#livenessIn(folder, text, holder);
    return liveness === 'dead' ? 'free' : this.#judge(file, text, holder?.beats === true, liveness);
  }

  /** Of a holder that is not known to be dead. */
  #judge(file: string, text: string, beats: boolean, liveness: 'alive' | 'unknown'): LockState {
    const modified = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? this.#clock.now();
    const long = this.#clock.now() - modified > LONG_SILENT;
    if (!beats) return long && liveness === 'unknown' ? 'free' : 'held';
    const silence = this.#silence(`${text}${String(modified)}`);
    if (long && silence >= CONFIRMED) return 'free';
    if (text.startsWith(SPENDING)) return 'spending';
    if (liveness === 'alive') return silence >= this.#patience ? 'free' : 'held';
    return silence >= SILENT ? 'free' : 'watched';
  }

  #silence(sign: string): number {
    const now = this.#clock.elapsed();
    if (sign !== this.#sign) [this.#sign, this.#since] = [sign, now];
    return now - this.#since;
  }

  async #livenessIn(folder: string, text: string, holder: Holder): Promise<'alive' | 'dead' | 'unknown'> {
    const liveness = livenessOf(holder);
    if (liveness !== 'unknown') return liveness;
    const { boot, host } = thisProcess();
    // A version before this one told no machine from another of the same name.
    if (holder.beats !== true && holder.boot !== boot && holder.host === host) return 'dead';
    if (holder.socket === undefined || boot === '' || holder.boot !== boot) return 'unknown';
    return this.#knock(folder, text, holder.socket);
  }

  async #knock(folder: string, text: string, socket: string): Promise<'alive' | 'dead' | 'unknown'> {
    const now = this.#clock.elapsed();
    if (this.#answered?.text === text && now - this.#answered.at < KNOCK_AGAIN) return 'alive';
    const liveness = await knock(folder, socket);
    this.#answered = liveness === 'alive' ? { text, at: now } : undefined;
    return liveness;
  }
}
