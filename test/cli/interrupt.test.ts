/** Ctrl-C: exit 130, nothing half saved, nothing left running. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, mkdirSync, openSync, read, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { promisify } from 'node:util';
import { PACKAGE_ROOT, startBeamAuthEdge, startRunbeamCloud } from '../../sandbox/testing.ts';
import { logIn } from '../support/login.ts';
import { until } from '../support/measure.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, NODE, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();

function savedFiles(user: CliUser): string[] {
  const folder = join(user.home, '.beamd/accounts');
  return existsSync(folder) ? readdirSync(folder) : [];
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s during a device login', async (signal) => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const login = user.start('beamd', ['login', '--server', edge.origin]);
  await login.waitFor(/Never enter a code/);
  login.kill(signal);
  const { code, stdout, stderr } = await login.done;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr.split('\n').at(-2)).toBe('Error: Interrupted');
  expect(savedFiles(user)).toEqual([]);
  expect(user.agents()).toEqual([]);
});

test('with --json the one value is the error', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const login = user.start('beamd', ['login', '--server', edge.origin, '--json']);
  await login.waitFor(/Never enter a code/);
  login.kill('SIGINT');
  const { code, stdout } = await login.done;
  expect({ code, value: JSON.parse(stdout) as unknown }).toEqual({
    code: 130,
    value: { error: { code: 'interrupted', message: 'Interrupted' } },
  });
});

test('during a login while the server does not answer', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  edge.faults.next('*', { hang: true, times: Infinity });
  const login = user.start('beamd', ['login', '--server', edge.origin]);
  await until(() => (edge.counters.requests['GET /.well-known/beam-auth'] ?? 0) > 0);
  login.kill('SIGINT');
  expect((await login.done).code).toBe(130);
});

test('during runbeam login', async () => {
  const cloud = keep(await startRunbeamCloud());
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  const login = user.start('runbeam', ['login']);
  await login.waitFor(/code=/);
  login.kill('SIGINT');
  const { code, stdout } = await login.done;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(savedFiles(user)).toEqual([]);
});

test('during exec it is the child that decides', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  await logIn(user, edge);
  const script = "process.on('SIGINT', () => process.exit(42)); setInterval(() => {}, 1000); console.log('ready')";
  const running = user.start('beamd', ['exec', '--', process.execPath, '-e', script]);
  await running.waitFor(/ready/);
  running.kill('SIGINT');
  expect((await running.done).code).toBe(42);
});

/** A command whose answer no pipe holds, at the moment it begins to give it; nobody reads on. */
async function listing(user: CliUser, stdout: number | 'pipe'): Promise<ChildProcess> {
  const folder = join(user.home, '.runbeam');
  mkdirSync(folder, { mode: 0o700 });
  const one = { id: 'x', ip: '127.0.0.1', port: 1, label: 'x'.repeat(100) };
  writeFileSync(join(folder, 'harmony.json'), JSON.stringify(Array.from({ length: 10_000 }, () => one)));
  const program = join(PACKAGE_ROOT, 'bin/runbeam.js');
  const child = spawn(NODE, [program, 'harmony:list'], { env: user.env, stdio: ['ignore', stdout, 'ignore'] });
  if (typeof stdout === 'number') await promisify(read)(stdout, Buffer.alloc(1), 0, 1, null);
  else if (child.stdout !== null) await once(child.stdout, 'readable');
  return child;
}

test.each(['a pipe', 'a socket'])('while nobody reads a long answer from %s', async (kind) => {
  const user = keep(createCliUser());
  const fifo = join(user.root, 'fifo');
  spawnSync('mkfifo', [fifo]);
  const pipe = openSync(fifo, constants.O_RDWR);
  keep({
    close: () => {
      closeSync(pipe);
    },
  });
  const child = await listing(user, kind === 'a pipe' ? pipe : 'pipe');
  keep({ close: () => void child.kill('SIGKILL') });
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([130, null]);
});
