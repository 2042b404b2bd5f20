/** Ctrl-C: exit 130, nothing half saved, nothing left running. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startRunbeamCloud } from '../sandbox/testing.ts';
import { logIn } from './support/login.ts';
import { closing } from './support/together.ts';
import { createWorld, type World } from './support/world.ts';

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
  while ((edge.counters.requests['GET /.well-known/beam-auth'] ?? 0) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
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
