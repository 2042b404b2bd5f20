import { closeSync, constants, fstatSync, lstatSync, openSync, renameSync, writeSync } from 'node:fs';
import type { Clock } from '../../clock.ts';

/** One event, in words and numbers of ours. Never server text, never a token. */
export type LogEvent =
  'started' | 'stopped' | 'idle' | 'refreshed' | 'refresh failed' | 'call failed' | 'connection refused' | 'account gone';

export interface AgentLog {
  write(event: LogEvent, detail?: Readonly<Record<string, string | number>>): void;
}

/** A log that has grown past this is kept once as `.1` and begun anew, bytes. */
const MAX_LOG = 256 * 1024;

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
  if (size > MAX_LOG) renameSync(path, `${path}.1`);
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
