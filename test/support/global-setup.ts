/** Gives the run one temp root of its own and fails the run when a process or a file of it is left behind. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { leftoverFiles, leftoverProcesses } from './leftovers.ts';

/** Milliseconds that a process told to end has for it. */
const GRACE = 5_000;
/** A run that fails shows this many of what it left, not thousands. */
const SHOWN = 20;

async function settled(root: string): Promise<string[]> {
  const until = Date.now() + GRACE;
  for (;;) {
    const left = leftoverProcesses(root, process.pid);
    if (left.length === 0 || Date.now() > until) return left.map(({ pid, command }) => endProcess(pid, command));
    await sleep(100);
  }
}

function endProcess(pid: number, command: string): string {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended by itself
  }
  return `process ${pid}: ${command}`;
}

export default function setup(): () => Promise<void> {
  // Short, because a socket's path may have 103 bytes at most.
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'b-')));
  process.env.TMPDIR = root;
  // Nothing of the developer's own set-up may decide a test.
  for (const name of Object.keys(process.env)) {
    if (/^(BEAMD_(?!TEST_)|RUNBEAM_|XDG_RUNTIME_DIR$|NO_COLOR$|FORCE_COLOR$|BROWSER$|https?_proxy$|no_proxy$)/i.test(name)) {
      Reflect.deleteProperty(process.env, name);
    }
  }
  return async () => {
    const left = [...(await settled(root)), ...leftoverFiles(root).map((name) => `file ${name}`)];
    rmSync(root, { recursive: true, force: true });
    if (left.length === 0) return;
    const more = left.length > SHOWN ? `\n  and ${left.length - SHOWN} more` : '';
    process.exitCode = 1; // vitest prints what a teardown throws and still ends with 0
    throw new Error(`the run left ${left.length} things behind:\n  ${left.slice(0, SHOWN).join('\n  ')}${more}`);
  };
}
