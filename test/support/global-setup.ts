/** Gives the run one temp root of its own and fails the run when a process or a file of it is left behind. */
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcesses, parentOf, processesIn, type RunningProcess } from '../../sandbox/testing/processes.ts';

/** Milliseconds that a process has that was told to end. */
const GRACE = 15_000;
/** A run that fails shows this many of what it left, not thousands. */
const SHOWN = 20;

/** Every process of the run, but for the runner's own workers. */
function leftoverProcesses(root: string): RunningProcess[] {
  return processesIn(root).filter(({ pid }) => parentOf(pid) !== process.pid);
}

async function settled(root: string): Promise<string[]> {
  const until = Date.now() + GRACE;
  while (leftoverProcesses(root).length > 0 && Date.now() < until) await sleep(100);
  const left = leftoverProcesses(root);
  await endProcesses(() => leftoverProcesses(root));
  return left.map(({ pid, command }) => `process ${pid}: ${command}`);
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

export default function setup(): () => Promise<void> {
  // Short, because a socket's path may have 103 bytes at most.
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'b-')));
  process.env['TMPDIR'] = root;
  // Nothing of the developer's own set-up may decide a test.
  for (const name of Object.keys(process.env)) {
    if (
      /^(BEAMD_(?!TEST_|SOAK_)|RUNBEAM_|XDG_RUNTIME_DIR$|NO_COLOR$|FORCE_COLOR$|COLUMNS$|BROWSER$|https?_proxy$|no_proxy$)/i.test(
        name,
      )
    ) {
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
