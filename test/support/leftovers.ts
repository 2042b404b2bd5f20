/** What a test run must not leave behind: processes that know the run's temp root, and files in it. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface Leftover {
  readonly pid: number;
  readonly command: string;
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // gone meanwhile
  }
}

function parentOf(pid: number): number {
  // Field 4 of stat, counted behind the command's closing parenthesis.
  const stat = readProc(pid, 'stat');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

function workingFolder(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function mentions(pid: number, root: string): boolean {
  return [readProc(pid, 'cmdline'), readProc(pid, 'environ'), workingFolder(pid)].some((text) => text.includes(root));
}

/** Every process whose command line, environment or working folder names `root`, but for the runner and its own workers. */
export function leftoverProcesses(root: string, runner: number): Leftover[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== runner && parentOf(pid) !== runner && mentions(pid, root) && readProc(pid, 'cmdline') !== '')
    .map((pid) => ({ pid, command: readProc(pid, 'cmdline').replaceAll('\0', ' ').trim() }));
}

/** Everything left under `root`, as relative paths. Node's own compile cache is none of ours. */
export function leftoverFiles(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.name !== 'node-compile-cache')
    .flatMap((entry) => (entry.isDirectory() ? [entry.name, ...below(root, entry.name)] : [entry.name]));
}

function below(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
}
