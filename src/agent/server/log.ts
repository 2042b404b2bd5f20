/** The agent's log: events in words of ours. The agent alone rotates it; commands add what they did to its account. */
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { rfc3339, type Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { agentLog, agentsFolder, type Homes } from '../../store/paths.ts';
import { ensurePrivateFolder } from '../../store/files/permissions.ts';
import type { Work } from '../protocol/agent.ts';
import type { Activity } from './activity.ts';
import { logLine, type LogDetail, type LogEvent } from './log-line.ts';

export interface AgentLog {
  write(event: LogEvent, detail?: LogDetail): void;
  /** Says, once there is room again, how many events found none. */
  catchUp(): void;
}

/** A log that has grown past this is kept once, under another name, and begun anew, bytes. */
const MAX_LOG = 256 * 1024;

const olderLog = (path: string): string => `${path}.1`;

/** The files of a log, the newer one first. */
export const logFiles = (path: string): readonly [newer: string, older: string] => [path, olderLog(path)];

/** A link or a pipe in its place is not followed: what is logged stays in the agents' folder, and nothing waits. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Returns how large the file is now; 0 for something that is no file. Throws what the system says, and `storage_full` where
 * there was room for a part of the line: that part is taken away again.
 */
function append(path: string, line: string, most = Infinity): number {
  const descriptor = openSync(path, FLAGS, 0o600);
  try {
    const before = fstatSync(descriptor);
    if (!before.isFile()) return 0;
    if (before.size > most) return before.size;
    const written = writeSync(descriptor, line);
    if (written === Buffer.byteLength(line)) return before.size + written;
    ftruncateSync(descriptor, before.size);
    throw new BeamError('storage_full', 'The disk is full');
  } finally {
    closeSync(descriptor);
  }
}

/** One that cannot be rotated goes on growing: it is a line for each event, and there are few. */
function rotate(path: string, size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0): void {
  try {
    if (size > MAX_LOG) renameSync(path, olderLog(path));
  } catch {
    // As when it cannot be written.
  }
}

/** Appends lines. A log that cannot be written stops nothing; what is missing is counted, and said once it can be. */
export function openLog(path: string, clock: Clock): AgentLog {
  rotate(path);
  let missing: { lines: number; readonly since: string } | undefined;
  const put = (line: string): boolean => {
    let size: number;
    try {
      size = append(path, line);
    } catch {
      return false;
    }
    rotate(path, size);
    return true;
  };
  const catchUp = (): void => {
    if (missing !== undefined && put(logLine(clock.now(), 'not logged', missing))) missing = undefined;
  };
  return {
    catchUp,
    write: (event, detail) => {
      catchUp();
      const now = clock.now();
      if (missing === undefined && put(logLine(now, event, detail))) return;
      missing ??= { lines: 0, since: new Date(now).toISOString() };
      missing.lines += 1;
    },
  };
}

/**
 * Notes what a command did to an account in the log of its agent, whether that runs or not. Such a line is only appended: of
 * two that rotate a log at once, one would throw away what the other has just kept. So it is left out where the log is
 * already twice as large as an agent lets it grow. Never throws.
 */
export function noteInLog(homes: Homes, account: string, clock: Clock, event: LogEvent, detail?: LogDetail): void {
  try {
    ensurePrivateFolder(agentsFolder(homes));
    append(agentLog(homes, account), logLine(clock.now(), event, detail), 2 * MAX_LOG);
  } catch {
    // As when the agent cannot write it: the command has done what it was to do.
  }
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

/** Notes each refresh in the log, and for whoever asks what the agent did. */
export function noteRefreshes(work: Work, log: AgentLog, activity: Activity, clock: Clock): Work {
  return {
    ...work,
    refresh: async (...asked) => {
      try {
        const loaded = await work.refresh(...asked);
        log.write('refreshed', loaded?.expiresAt === undefined ? {} : { expires_at: rfc3339(loaded.expiresAt) });
        activity.refreshed(clock.now() / 1000);
        return loaded;
      } catch (error) {
        activity.refreshed(clock.now() / 1000, error);
        log.write('refresh failed', { code: error instanceof BeamError ? error.code : 'failed' });
        throw error;
      }
    },
  };
}
