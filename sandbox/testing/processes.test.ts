import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endProcesses, parentOf, processesIn, PROC } from './processes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'left-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A process that runs until it is ended, once it has said so. */
async function started(script: string, options: { env?: Record<string, string>; cwd?: string }): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', `${script}; process.stdin.resume(); console.log(1)`], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: {},
    ...options,
  });
  await once(child.stdout, 'data');
  return child;
}

describe.skipIf(!PROC)('processes of a folder', () => {
  test('are found by environment and by working folder, and not when they have ended', async () => {
    const children = await Promise.all([started('0', { env: { HOME: folder } }), started('0', { cwd: folder })]);
    const pids = children.map(({ pid }) => pid);
    expect(processesIn(folder).map(({ pid }) => pid)).toEqual(expect.arrayContaining(pids));
    expect(pids.map((pid) => parentOf(pid ?? 0))).toEqual([process.pid, process.pid]);
    const ended = Promise.all(children.map((child) => once(child, 'close')));
    await endProcesses(() => processesIn(folder));
    expect(processesIn(folder)).toEqual([]);
    expect(await ended).toEqual([
      [null, 'SIGTERM'],
      [null, 'SIGTERM'],
    ]);
  });

  test('that do not listen are killed', async () => {
    const child = await started("process.on('SIGTERM', () => {})", { env: { HOME: folder } });
    const ended = once(child, 'close');
    await endProcesses(() => processesIn(folder));
    expect(await ended).toEqual([null, 'SIGKILL']);
  });
});
