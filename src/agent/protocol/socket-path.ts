/** Where the files of an agent are. */
import { join } from 'node:path';
import { agentsFolder } from '../../store/paths.ts';
import type { Homes } from '../../store/paths.ts';

/**
 * Longest socket path that every supported system takes whole. Node 20 and 22 cut a longer one silently, and then two
 * accounts can meet at one socket; macOS allows 104 bytes with the closing zero.
 */
const MAX_SOCKET_PATH = 103;

/** Longest suffix of a socket's name: `.g` and a generation, or `.t` and eight digits. */
const SUFFIX_ROOM = 12;

export interface SocketPath {
  /** The folder around it, where that is ours alone too: who can write to it could put another `folder` there. */
  readonly above?: string;
  /** Folder of the socket: 0700 and ours, checked before anything is sent. */
  readonly folder: string;
  /** Path without `.sock`. */
  readonly base: string;
  /** Where clients connect. */
  readonly socket: string;
}

function socketPath(folder: string, name: string): SocketPath {
  const base = join(folder, name);
  return { folder, base, socket: `${base}.sock` };
}

/**
 * Where the agent of an account listens: `~/.beamd/agents/<key>.sock`, or a hashed name in a short per-user folder where
 * that path would be too long for a socket. `agent status` shows which.
 */
export async function agentSocket(homes: Homes, key: string): Promise<SocketPath> {
  const usual = { above: homes.beamd, ...socketPath(agentsFolder(homes), key) };
  if (Buffer.byteLength(usual.base) + SUFFIX_ROOM <= MAX_SOCKET_PATH) return usual;
  const [{ createHash }, { tmpdir }] = await Promise.all([import('node:crypto'), import('node:os')]);
  const name = createHash('sha256').update(`${homes.beamd}\0${key}`).digest('hex').slice(0, 16);
  return socketPath(join(tmpdir(), `beamd-${String(process.getuid?.() ?? 0)}`), name);
}

/** Where an agent says which process it is. */
export const agentRecord = ({ base }: SocketPath): string => `${base}.pid`;

/** Which command is about to start an agent. */
export const startClaim = ({ base }: SocketPath): string => `${base}.start`;
