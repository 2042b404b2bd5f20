/** What a program does on the network, seen from inside it. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { STANDALONE_BIN } from '../../sandbox/testing.ts';
import type { CliUser } from './cli-user.ts';

export interface NetworkRecord {
  /** For the environment of the commands that are watched. */
  readonly env: Readonly<Record<string, string>>;
  /** `connect host:port` and `lookup host`, each once, since the last call. */
  take(): string[];
}

export function recordNetwork(user: CliUser): NetworkRecord {
  const path = join(user.root, 'network');
  const preload = pathToFileURL(join(import.meta.dirname, 'record-network.mjs')).href;
  return {
    env: {
      ...(STANDALONE_BIN === undefined ? { NODE_OPTIONS: `--import=${preload}` } : { BUN_OPTIONS: `--preload=${preload}` }),
      BEAMD_TEST_NETWORK: path,
    },
    take: () => {
      const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
      rmSync(path, { force: true });
      return [...new Set(lines.filter((line) => line !== ''))].toSorted();
    },
  };
}
