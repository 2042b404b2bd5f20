import { appendFileSync, renameSync, statSync } from 'node:fs';
import type { Clock } from '../clock.ts';

/** One event, in words and numbers of ours. Never server text, never a token. */
export type LogEvent =
  | 'started'
  | 'stopped'
  | 'idle'
  | 'refreshed'
  | 'refresh failed'
  | 'call failed'
  | 'connection refused'
  | 'account gone';

export interface AgentLog {
  write(event: LogEvent, detail?: Readonly<Record<string, string | number>>): void;
}

/** A log that has grown past this is kept once as `.1` and begun anew, bytes. */
const MAX_LOG = 256 * 1024;

/** Appends `time event key=value…` lines. A log that cannot be written stops nothing. */
export function openLog(path: string, clock: Clock): AgentLog {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG) renameSync(path, `${path}.1`);
  return {
    write: (event, detail = {}) => {
      const fields = Object.entries(detail).map(([name, value]) => ` ${name}=${String(value)}`);
      const line = `${new Date(clock.now()).toISOString()} ${event}${fields.join('')}\n`;
      try {
        appendFileSync(path, line, { mode: 0o600 });
      } catch {
        // A full disk or a read-only home: the agent goes on without a log.
      }
    },
  };
}
