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
import { closing } from '../support/cleanup.ts';
import { createWorld, NODE, type World } from '../support/cli-user.ts';

const keep = closing();

function savedFiles(world: World): string[] {
  const folder = join(world.home, '.beamd/accounts');
  return existsSync(folder) ? readdirSync(folder) : [];
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s during a device login', async (signal) => {
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  const login = world.start('beamd', ['login', '--server', edge.origin]);
  await login.waitFor(/Never enter a code/);
  login.kill(signal);
  const { code, stdout, stderr } = await login.done;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr.split('\n').at(-2)).toBe('Error: Interrupted');
  expect(savedFiles(world)).toEqual([]);
  expect(world.agents()).toEqual([]);
});

test('with --json the one value is the error', async () => {
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  const login = world.start('beamd', ['login', '--server', edge.origin, '--json']);
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
  const world = keep(createWorld());
  edge.faults.next('*', { hang: true, times: Infinity });
  const login = world.start('beamd', ['login', '--server', edge.origin]);
  while ((edge.counters.requests['GET /.well-known/beam-auth'] ?? 0) === 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  const started = Date.now();
  login.kill('SIGINT');
  expect((await login.done).code).toBe(130);
  expect(Date.now() - started).toBeLessThan(3_000);
});

test('during runbeam login', async () => {
  const cloud = keep(await startRunbeamCloud());
  const world = keep(createWorld({ env: { RUNBEAM_API_URL: cloud.origin } }));
  const login = world.start('runbeam', ['login']);
  await login.waitFor(/code=/);
  login.kill('SIGINT');
  const { code, stdout } = await login.done;
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(savedFiles(world)).toEqual([]);
});

test('during exec it is the child that decides', async () => {
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  await logIn(world, edge);
  const script = "process.on('SIGINT', () => process.exit(42)); setInterval(() => {}, 1000); console.log('ready')";
  const running = world.start('beamd', ['exec', '--', process.execPath, '-e', script]);
  await running.waitFor(/ready/);
  running.kill('SIGINT');
  expect((await running.done).code).toBe(42);
});

/** A command whose answer no pipe holds, at the moment it begins to give it; nobody reads on. */
async function listing(world: World, stdout: number | 'pipe'): Promise<ChildProcess> {
  const folder = join(world.home, '.runbeam');
  mkdirSync(folder, { mode: 0o700 });
  const one = { id: 'x', ip: '127.0.0.1', port: 1, label: 'x'.repeat(100) };
  writeFileSync(join(folder, 'harmony.json'), JSON.stringify(Array.from({ length: 10_000 }, () => one)));
  const program = join(PACKAGE_ROOT, 'bin/runbeam.js');
  const child = spawn(NODE, [program, 'harmony:list'], { env: world.env, stdio: ['ignore', stdout, 'ignore'] });
  if (typeof stdout === 'number') await promisify(read)(stdout, Buffer.alloc(1), 0, 1, null);
  else if (child.stdout !== null) await once(child.stdout, 'readable');
  return child;
}

test.each(['a pipe', 'a socket'])('while nobody reads a long answer from %s', async (kind) => {
  const world = keep(createWorld());
  const fifo = join(world.root, 'fifo');
  spawnSync('mkfifo', [fifo]);
  const pipe = openSync(fifo, constants.O_RDWR);
  keep({
    close: () => {
      closeSync(pipe);
    },
  });
  const child = await listing(world, kind === 'a pipe' ? pipe : 'pipe');
  keep({ close: () => void child.kill('SIGKILL') });
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  expect(await ended).toEqual([130, null]);
});
