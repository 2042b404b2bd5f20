import { closeSync, mkdirSync, openSync, statSync, unlinkSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import { systemCode } from '../errors.ts';
import type { SocketPath } from './socket-path.ts';

/** A turn older than this was left by a command that was killed, milliseconds. */
const TURN_LIFE = 5_000;

function remove(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

/**
 * Gives one of many commands that find no agent the turn to start it; the others wait for its socket. Only a courtesy, to
 * start one process and not hundreds: that one agent serves, `listenAlone` sees to. Returns what ends the turn, or
 * undefined while another command has it.
 */
export function takeTurn({ folder, base }: SocketPath, clock: Clock): (() => void) | undefined {
  const file = `${base}.start`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'wx', 0o600));
    return () => {
      remove(file);
    };
  } catch (error) {
    // A home that cannot be written to: no turn to wait for.
    if (systemCode(error) !== 'EEXIST') return () => undefined;
  }
  const age = clock.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (Math.abs(age) > TURN_LIFE) remove(file);
  return undefined;
}
