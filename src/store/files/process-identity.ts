/** Who a process is, beyond a pid that is used again: the question a lock asks about its holder. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemCode } from '../../errors.ts';
import { pidNamespace } from './temporary.ts';

/** As the file of a lock names its holder. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process began, in the system's own notation; pid and this together are used once per boot. */
  readonly started: string;
  readonly boot: string;
  readonly namespace: string;
  readonly host: string;
}

function run(command: string, args: readonly string[]): string | undefined {
  try {
    // Only where there is no /proc, and it takes Node a while to load.
    const { execFileSync } = process.getBuiltinModule('node:child_process');
    const output = execFileSync(command, args, { timeout: 2_000, stdio: ['ignore', 'pipe', 'ignore'] });
    return output.toString('utf8').trim();
  } catch {
    return undefined;
  }
}

/** Start time of a process: undefined if it is gone (or a zombie), '' if the system does not say. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return startFromProc(pid);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) === 'ESRCH') return undefined;
  }
  return process.platform === 'win32' ? '' : (run('/bin/ps', ['-o', 'lstart=', '-p', String(pid)]) ?? '');
}

function startFromProc(pid: number): string | undefined {
  try {
    // The command, in parentheses, may hold anything: fields are counted from its end. The first is the state.
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : (fields[19] ?? '');
  } catch {
    return isProcMounted() ? undefined : '';
  }
}

function isProcMounted(): boolean {
  try {
    return readFileSync('/proc/self/stat', 'utf8') !== '';
  } catch {
    return false;
  }
}

function bootId(): string {
  if (process.platform === 'darwin') return run('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid']) ?? '';
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

let own: ProcessIdentity | undefined;

/** Looked up once: on macOS it takes starting two programs. */
export function thisProcess(): ProcessIdentity {
  own ??= {
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    boot: bootId(),
    namespace: pidNamespace(),
    host: hostname(),
  };
  return own;
}

/** `unknown`: it lives, or lived, where this process cannot look (another machine, another container, a system without /proc). */
export function livenessOf(other: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  const self = thisProcess();
  // Another machine, or this one before it was started anew: two machines may have one name.
  if (other.boot !== self.boot || other.namespace !== self.namespace) return 'unknown';
  // Where nothing names this machine and its processes, a pid says nothing.
  if (process.platform === 'linux' && (self.boot === '' || self.started === '')) return 'unknown';
  const started = startOf(other.pid);
  if (started === undefined) return 'dead';
  return started === '' || other.started === '' || started === other.started ? 'alive' : 'dead';
}
