/** The processes of a home, by /proc. Where there is no /proc, none is found. */
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackgroundProgram } from '../../src/programs.ts';

export interface RunningProcess {
  readonly pid: number;
  /** Its command line, words parted by spaces. */
  readonly command: string;
}

/** Milliseconds that a process has to end once it was told, before it is killed. */
const GRACE = 5_000;

/** Whether this system tells of its processes as Linux does. */
export const PROC = existsSync('/proc/self/environ');

/**
 * Every process whose command line, environment or working folder names the folder, but for this one and its parent.
 *
 * @param isMeant - which commands are looked at: the environment of each takes time to read
 */
export function processesIn(folder: string, isMeant: (command: string) => boolean = () => true): RunningProcess[] {
  if (!PROC) return [];
  const own = new Set([process.pid, process.ppid]);
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => !own.has(pid))
    .map((pid) => ({ pid, command: readProc(pid, 'cmdline').replaceAll('\0', ' ').trim() }))
    .filter(({ pid, command }) => command !== '' && isMeant(command) && names(pid, folder));
  const commands = new Map(all.map(({ pid, command }) => [pid, command]));
  // A process that is being started looks like its parent until it is itself.
  return all.filter(({ pid, command }) => commands.get(parentOf(pid)) !== command);
}

/** Whether a command line is that of a background program, run by Node or by the executable. */
export function isProgram(command: string, program: BackgroundProgram): boolean {
  return new RegExp(`\\b${program}\\.cjs\\b|--program=${program}\\b`).test(command);
}

/** Those of a folder's processes that are such a program. */
export function backgroundIn(folder: string, ...programs: readonly BackgroundProgram[]): RunningProcess[] {
  return processesIn(folder, (command) => programs.some((program) => isProgram(command, program)));
}

/** Ends what `find` finds: told first, killed after a while. Resolves when it finds nothing any more. */
export async function endProcesses(find: () => readonly RunningProcess[]): Promise<void> {
  const end = Date.now() + GRACE;
  for (const { pid } of find()) signal(pid, 'SIGTERM');
  for (let left = find(); left.length > 0; left = find()) {
    if (Date.now() > end) for (const { pid } of left) signal(pid, 'SIGKILL');
    await sleep(20);
  }
}

/** Sends a signal to a process that may have ended by itself. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

function names(pid: number, folder: string): boolean {
  return [readProc(pid, 'cmdline'), readProc(pid, 'environ'), workingFolder(pid)].some((text) => text.includes(folder));
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // gone meanwhile, or another user's
  }
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** The process that started this one; 0 when it has ended. */
export function parentOf(pid: number): number {
  // Field 4 of stat, counted behind the command's closing parenthesis.
  const stat = readProc(pid, 'stat');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}
