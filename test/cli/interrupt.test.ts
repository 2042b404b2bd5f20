/** Ctrl-C: exit 130, nothing half saved, nothing left running. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startRunbeamCloud } from '../../sandbox/testing.ts';
import { until } from '../support/measure.ts';
import { cleanup } from '../support/cleanup.ts';
import { startEdgeUser } from '../support/edge.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

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
  expect(stderr.split('\n').slice(-3)).toEqual([
    'Interrupted: the login was not finished, and nothing was saved',
    `Run: beamd login --server ${edge.origin}`,
    '',
  ]);
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
    value: {
      error: {
        code: 'interrupted',
        message: 'Interrupted: the login was not finished, and nothing was saved',
        hint: `beamd login --server ${edge.origin}`,
      },
    },
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
  const { user } = await startEdgeUser(keep);
  const script = "process.on('SIGINT', () => process.exit(42)); setInterval(() => {}, 1000); console.log('ready')";
  const running = user.start('beamd', ['exec', '--', process.execPath, '-e', script]);
  await running.waitFor(/ready/);
  running.kill('SIGINT');
  expect((await running.done).code).toBe(42);
});
