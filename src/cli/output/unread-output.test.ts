/** The built program, and a standard output that nobody reads on. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, read, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const PROGRAM = join(import.meta.dirname, '../../../bin/beamd.js');

let home: string;
let children: ChildProcess[];

/** A home with one account, whose scopes are more than any pipe holds. */
beforeEach(() => {
  children = [];
  home = mkdtempSync(join(tmpdir(), 'unread-'));
  const accounts = join(home, '.beamd', 'accounts');
  mkdirSync(accounts, { recursive: true, mode: 0o700 });
  const scopes = Array.from({ length: 5_000 }, (_, at) => `  - slug: org-${at}-somewhere\n    role: member`);
  const lines = ['server: edge.example.com', 'kind: session', 'provider: edge', 'dialect: beam-auth', 'scopes:', ...scopes];
  writeFileSync(join(accounts, 'edge.example.com.yaml'), `${lines.join('\n')}\n`, { mode: 0o600 });
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(home, { recursive: true });
});

const env = (): NodeJS.ProcessEnv => ({ PATH: process.env['PATH'], HOME: home, BEAMD_NO_AGENT: '1' });

test.each(['orgs', 'orgs --json'])('beamd %s ends quietly when its reader goes away', (line) => {
  const shell = `"$0" "$1" ${line} | head -n 1 > /dev/null; echo "\${PIPESTATUS[0]}"`;
  const { stdout, stderr } = spawnSync('bash', ['-c', shell, process.execPath, PROGRAM], { env: env(), encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: '0\n', stderr: '' });
});

test.each(['orgs', 'orgs --json'])('beamd %s fails on a full disk', (line) => {
  const shell = `"$0" "$1" ${line} > /dev/full`;
  const { status, stderr } = spawnSync('sh', ['-c', shell, process.execPath, PROGRAM], { env: env(), encoding: 'utf8' });
  const said = 'Error: The disk is full: the result could not be written to standard output\n';
  expect({ status, stderr }).toEqual({ status: 1, stderr: said });
});

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', (signal) => {
  test.each([['orgs'], ['orgs', '--json']])('ends beamd %s while nobody reads its answer', async (...args) => {
    const path = join(home, 'pipe');
    spawnSync('mkfifo', [path]);
    const pipe = openSync(path, constants.O_RDWR);
    try {
      const child = spawn(process.execPath, [PROGRAM, ...args], { env: env(), stdio: ['ignore', pipe, 'pipe'] });
      children.push(child);
      const ended = once(child, 'exit');
      // It has begun to answer, and the pipe is full before it is done.
      await promisify(read)(pipe, Buffer.alloc(1), 0, 1, null);
      child.kill(signal);
      expect(await ended).toEqual([130, null]);
    } finally {
      closeSync(pipe);
    }
  });
});
