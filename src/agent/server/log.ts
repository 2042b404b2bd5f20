/** The agent's log: events in words of ours. */
import { closeSync, constants, fstatSync, lstatSync, openSync, renameSync, writeSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import type { Work } from '../protocol/agent.ts';

/** One event, in words and numbers of ours. Never server text, never a token. */
export type LogEvent =
  | 'started'
  | 'stopped'
  | 'idle'
  | 'refreshed'
  | 'refresh failed'
  | 'call failed'
  | 'connection refused'
  | 'account gone'
  | 'lost its place'
  | 'outdated';

export interface AgentLog {
  write(event: LogEvent, detail?: Readonly<Record<string, string | number>>): void;
}

/** A log that has grown past this is kept once, under another name, and begun anew, bytes. */
const MAX_LOG = 256 * 1024;

const olderLog = (path: string): string => `${path}.1`;

/** The files of a log. */
export const logFiles = (path: string): readonly string[] => [path, olderLog(path)];

/** A link or a pipe in its place is not followed: what is logged stays in the agents' folder, and nothing waits. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Returns how large the file is now; 0 for something that is no file. */
function append(path: string, line: string): number {
  const descriptor = openSync(path, FLAGS, 0o600);
  try {
    const before = fstatSync(descriptor);
    return before.isFile() ? before.size + writeSync(descriptor, line) : 0;
  } finally {
    closeSync(descriptor);
  }
}

function rotate(path: string, size: number): void {
  if (size > MAX_LOG) renameSync(path, olderLog(path));
}

function rotateLeft(path: string): void {
  try {
    rotate(path, lstatSync(path, { throwIfNoEntry: false })?.size ?? 0);
  } catch {
    // As when it cannot be written.
  }
}

/** Appends `time event key=value…` lines. A log that cannot be written stops nothing. */
export function openLog(path: string, clock: Clock): AgentLog {
  rotateLeft(path);
  return {
    write: (event, detail = {}) => {
      const fields = Object.entries(detail).map(([name, value]) => ` ${name}=${String(value)}`);
      const line = `${new Date(clock.now()).toISOString()} ${event}${fields.join('')}\n`;
      try {
        rotate(path, append(path, line));
      } catch {
        // A full disk or a read-only home: the agent goes on without a log.
      }
    },
  };
}

/** Logs the first of a kind at once and the rest as a number: whoever floods the agent must not flood its log. */
export class CountedEvents {
  readonly #log: AgentLog;
  readonly #event: LogEvent;
  readonly #more = new Map<string, number>();

  constructor(log: AgentLog, event: LogEvent) {
    this.#log = log;
    this.#event = event;
  }

  count(reason: string): void {
    const more = this.#more.get(reason);
    if (more === undefined) this.#log.write(this.#event, { reason });
    this.#more.set(reason, more === undefined ? 0 : more + 1);
  }

  /** Logs what was counted since the last time. */
  flush(): void {
    for (const [reason, more] of this.#more) if (more > 0) this.#log.write(this.#event, { reason, more });
    this.#more.clear();
  }
}

/** Notes each refresh in the log. */
export function logRefreshes(work: Work, log: AgentLog): Work {
  return {
    ...work,
    refresh: async (params) => {
      try {
        const loaded = await work.refresh(params);
        log.write('refreshed', loaded?.expiresAt === undefined ? {} : { expires_at: loaded.expiresAt });
        return loaded;
      } catch (error) {
        log.write('refresh failed', { code: error instanceof BeamError ? error.code : 'failed' });
        throw error;
      }
    },
  };
}
