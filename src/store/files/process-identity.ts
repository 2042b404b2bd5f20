/** Who a process is, beyond a pid that is used again: the question a lock asks about its holder. */
import { hostname } from 'node:os';
import { system, type Processes } from '../../platform/system.ts';

/** As the file of a lock names its holder. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When the process began, in the system's own notation; pid and this together are used once per boot. */
  readonly started: string;
  readonly boot: string;
  readonly namespace: string;
  readonly host: string;
}

const own = new Map<Processes, ProcessIdentity>();

/** Looked up once: on macOS it takes starting two programs. */
export function thisProcess(processes = system.processes): ProcessIdentity {
  const known = own.get(processes);
  if (known !== undefined) return known;
  const identity = {
    pid: process.pid,
    started: processes.startOf(process.pid) ?? '',
    boot: processes.bootId(),
    namespace: processes.pidNamespace(),
    host: hostname(),
  };
  own.set(processes, identity);
  return identity;
}

/** `unknown`: it lives, or lived, where this process cannot look (another machine, another container, a system that does not say). */
export function livenessOf(other: ProcessIdentity, processes = system.processes): 'alive' | 'dead' | 'unknown' {
  const self = thisProcess(processes);
  // Another machine, or this one before it was started anew: two machines may have one name.
  if (other.boot !== self.boot || other.namespace !== self.namespace) return 'unknown';
  // Where nothing names this machine and its processes, a pid says nothing.
  if (self.boot === '' || self.started === '') return 'unknown';
  const started = processes.startOf(other.pid);
  if (started === undefined) return 'dead';
  return started === '' || other.started === '' || started === other.started ? 'alive' : 'dead';
}
