import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { leftoverFiles, leftoverProcesses } from './leftovers.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'left-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

test('names every file and folder that is left', () => {
  mkdirSync(join(root, 'home/accounts'), { recursive: true });
  writeFileSync(join(root, 'home/accounts/a.yaml'), '');
  expect(leftoverFiles(root).toSorted()).toEqual(['home', 'home/accounts', 'home/accounts/a.yaml']);
});

test.skipIf(process.platform !== 'linux')('finds a process by its environment, and none when it has ended', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume(); console.log(1)'], {
    env: { HOME: root },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const found = leftoverProcesses(basename(root), 1);
  child.kill('SIGKILL');
  await new Promise((resolve) => child.once('close', resolve));
  expect(found.map(({ pid }) => pid)).toEqual([child.pid]);
  expect(leftoverProcesses(basename(root), 1)).toEqual([]);
});
