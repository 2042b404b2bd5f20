/** A container as far as processes go: a pid and a mount namespace of its own on the same machine. Needs root. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NODE, type CliUser } from './cli-user.ts';
import { until } from './measure.ts';

export interface Namespace {
  /** Runs what Node is asked to run, inside. */
  readonly node: string;
  /** Ends all that runs inside. */
  close(): Promise<void>;
}

/**
 * Starts a namespace for a user.
 *
 * @param reaps - whether its first process takes leave of those whose parent has ended; `sleep` in a container does not
 */
export async function startNamespace(user: CliUser, name: string, reaps: boolean): Promise<Namespace> {
  const first = reaps ? ['sh', '-c', 'sleep infinity & wait'] : ['sleep', 'infinity'];
  const outside = spawn('unshare', ['--pid', '--mount', '--fork', '--mount-proc', '--kill-child', ...first], {
    cwd: '/',
    env: { PATH: process.env['PATH'] },
    stdio: 'ignore',
  });
  const ended = once(outside, 'exit');
  const inner = await firstProcess(outside.pid ?? 0, first[0] ?? '');
  const node = join(user.root, `node-in-${name}`);
  const enter = `exec nsenter --target ${inner} --pid --mount -- sh -c 'cd "$0" && exec "$@"' "$PWD" '${NODE}' "$@"`;
  writeFileSync(node, `#!/bin/sh\n${enter}\n`);
  chmodSync(node, 0o700);
  return {
    node,
    close: async () => {
      outside.kill('SIGKILL');
      await ended;
    },
  };
}

/** The number of a namespace's first process, once that runs what it was told to. */
async function firstProcess(outside: number, program: string): Promise<number> {
  let found = 0;
  await until(() => {
    found = Number(readFileSync(`/proc/${outside}/task/${outside}/children`, 'utf8').trim());
    return found > 0 && readFileSync(`/proc/${found}/comm`, 'utf8').trim() === program;
  });
  return found;
}
