/** Names of files that live for one write, and the removal of those whose writer was killed. */
import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../../errors.ts';
import { system } from '../../platform/system.ts';

const TEMPORARY = /^\.(?<base>[^\0]*)\.(?<namespace>[0-9x]+)\.(?<pid>\d+)\.[0-9a-z]+\.tmp$/u;
// A writer in another pid namespace (a container that shares the home) cannot be seen: give it time to finish.
const FOREIGN_TEMPORARY_MS = 600_000;
// Longer than any write: whatever process has this pid now, it is not the writer.
const OLD_TEMPORARY_MS = 3_600_000;

/** Names this pid namespace: a pid means nothing outside it. */
const pidNamespace = (): string => system.processes.pidNamespace();

let sequence = 0;

/** A name for a file that is renamed or removed at once; `sweepTemporary` removes it if this process dies before. */
export function temporaryName(path: string): string {
  sequence += 1;
  const random = Math.floor(Math.random() * 36 ** 8).toString(36) + sequence.toString(36);
  return join(dirname(path), `.${basename(path)}.${pidNamespace()}.${String(process.pid)}.${random}.tmp`);
}

/** The name of the file that a temporary one was to become; undefined for a name of another kind. */
export function targetOfTemporary(name: string): string | undefined {
  return TEMPORARY.exec(name)?.groups?.['base'];
}

function isProcessGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === 'ESRCH';
  }
}

/**
 * Removes files that processes left behind when they were killed while writing, but for those whose target `keep` wants
 * kept. `now` is milliseconds since 1970. Returns how many. Never throws: a leftover does no harm to the next command.
 */
export function sweepTemporary(folder: string, now: number, keep?: (target: string) => boolean): number {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return 0;
  }
  return names.filter((name) => keep?.(targetOfTemporary(name) ?? '') !== true && sweepOne(folder, name, now)).length;
}

/** Removes what writers of one file left behind, whoever they were. Only for a file that nobody writes any more. */
export function removeTemporaryOf(path: string): void {
  let names: string[];
  try {
    names = readdirSync(dirname(path));
  } catch {
    return;
  }
  const left = names.filter((name) => targetOfTemporary(name) === basename(path));
  for (const name of left) rmSync(join(dirname(path), name), { recursive: true, force: true });
}

/** Whether a name is of a file whose writer was killed. `now` and `modified` are milliseconds since 1970. */
export function isAbandoned(name: string, modified: number, now: number): boolean {
  const writer = TEMPORARY.exec(name)?.groups;
  if (writer === undefined) return false;
  const age = now - modified;
  const gone = writer['namespace'] === pidNamespace() ? isProcessGone(Number(writer['pid'])) : age > FOREIGN_TEMPORARY_MS;
  return gone || age > OLD_TEMPORARY_MS;
}

function sweepOne(folder: string, name: string, now: number): boolean {
  if (targetOfTemporary(name) === undefined) return false;
  const path = join(folder, name);
  try {
    if (!isAbandoned(name, lstatSync(path).mtimeMs, now)) return false;
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}
