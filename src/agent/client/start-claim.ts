/** Which of many commands starts the agent. */
import { closeSync, mkdirSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { systemCode } from '../../errors.ts';
import { startClaim, type SocketPath } from '../protocol/socket-path.ts';

/** A claim older than this has taken too long: its command hangs, or was stopped, milliseconds. */
const CLAIM_LIFE = 2_500;

/** False if it could not be removed: a read-only file system. */
function remove(file: string): boolean {
  try {
    unlinkSync(file);
    return true;
  } catch (error) {
    return systemCode(error) === 'ENOENT';
  }
}

/** Throws Node's own error; EEXIST while another command has the claim. */
function create(file: string): void {
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    writeSync(descriptor, String(process.pid));
  } catch {
    // A full disk: then only its age tells that it was abandoned.
  } finally {
    closeSync(descriptor);
  }
}

/** Whether the command whose claim it is was killed meanwhile. */
function isAbandoned(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    // Not written yet.
    if (!(pid > 0)) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === 'ESRCH';
  }
}

/**
 * Lets one of many commands that find no agent start it; the others wait for its socket. Only a courtesy, to start one
 * process and not hundreds: that one agent serves, `listenAlone` sees to. Returns what gives the claim back, or undefined
 * while another command has it.
 */
export function claimStart(path: SocketPath, clock: Clock): (() => void) | undefined {
  const file = startClaim(path);
  try {
    mkdirSync(path.folder, { recursive: true, mode: 0o700 });
    create(file);
    return () => {
      remove(file);
    };
  } catch (error) {
    // A home that cannot be written to: no claim to wait for.
    if (systemCode(error) !== 'EEXIST') return () => undefined;
  }
  const age = clock.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  const stale = Math.abs(age) > CLAIM_LIFE || isAbandoned(file);
  return !stale || remove(file) ? undefined : () => undefined;
}
