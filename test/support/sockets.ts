/** Whose TCP sockets are whose, by /proc. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

const LISTENS = '0A';

interface Row {
  readonly localPort: number;
  readonly state: string;
  readonly inode: string;
}

/** Whether a process listens on a TCP port, of any address: a debugger would. */
export function listensOnTcp(pid: number): boolean {
  const listening = ['tcp', 'tcp6'].flatMap((name) => rows(`/proc/${pid}/net/${name}`)).filter(({ state }) => state === LISTENS);
  return hasOneOf(pid, new Set(listening.map(({ inode }) => inode)));
}

function rows(file: string): Row[] {
  const lines = readFileSync(file, 'latin1').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [, local = '', , state = '', , , , , , inode = ''] = line.trim().split(/\s+/);
    return { localPort: Number.parseInt(local.slice(local.indexOf(':') + 1), 16), state, inode };
  });
}

function hasOneOf(pid: number, inodes: ReadonlySet<string>): boolean {
  return descriptorsOf(pid).some((fd) => {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1];
    return inode !== undefined && inodes.has(inode);
  });
}

function descriptorsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch {
    return []; // ended meanwhile
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ''; // closed meanwhile
  }
}
