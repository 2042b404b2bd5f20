import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { system, systemOf } from '../../platform/system.ts';
import { livenessOf, thisProcess } from './process-identity.ts';

const windows = systemOf('win32').processes;

test('a process is alive until it has ended, and is not the one that had its number before', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const identity = { ...thisProcess(), pid, started: system.processes.startOf(pid) ?? '' };
  expect([livenessOf(identity), livenessOf({ ...identity, started: '1' })]).toEqual(['alive', 'dead']);
  child.stdin.end();
  await once(child, 'exit');
  expect(livenessOf(identity)).toBe('dead');
  expect(livenessOf({ ...identity, boot: 'another' })).toBe('unknown');
});

test('where the system names neither machine nor process, nothing is said of any, not even of this one', () => {
  const identity = thisProcess(windows);
  expect(identity).toEqual({ pid: process.pid, started: '', boot: '', namespace: '0', host: hostname() });
  expect(livenessOf(identity, windows)).toBe('unknown');
});
