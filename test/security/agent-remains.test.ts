/** What agents and workers leave on the disk, also when they crash. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { system } from '../../src/platform/system.ts';
import { keyOf, startAgent } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { succeeded } from '../support/login.ts';
import { startEdgeUser } from '../support/edge.ts';
import { gate, until } from '../support/measure.ts';

const keep = cleanup();

test.skipIf(process.platform !== 'linux')('a core dump of an agent or a worker holds nothing of their memory', async () => {
  const { edge, user } = await startEdgeUser(keep);
  const agent = await startAgent(user, edge);
  const looked = gate();
  edge.faults.next('GET /api/scopes', { delay: looked.passed });
  const before = edge.counters.requests['GET /api/scopes'] ?? 0;
  const asked = agent.refreshScopes();
  await until(() => edge.counters.requests['GET /api/scopes'] === before + 1);
  const processes = user.background('agent', 'worker');
  const dumped = processes.map(({ pid }) => readFileSync(`/proc/${pid}/coredump_filter`, 'latin1').trim());
  expect(dumped).toEqual(['00000000', '00000000']);
  looked.open();
  await asked;
  agent.close();
});

test('a logout takes what killed agents were writing with it', async () => {
  const { edge, user } = await startEdgeUser(keep);
  const folder = join(user.home, '.beamd/agents');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Of a container whose processes cannot be seen from here: a sweep gives it ten minutes.
  writeFileSync(join(folder, `.${keyOf(edge)}.pid.4026530000.7.1abc.tmp`), '{"pid":7');
  succeeded(await user.beamd('token'));
  succeeded(await user.beamd('logout'));
  expect(readdirSync(folder)).toEqual([]);
});

test('an agent sweeps what another one was writing when it was killed', async () => {
  const { user } = await startEdgeUser(keep);
  const folder = join(user.home, '.beamd/agents');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const left = `.edge.example.com.pid.${system.processes.pidNamespace()}.2147483632.1abc.tmp`;
  writeFileSync(join(folder, left), '{"pid":');
  succeeded(await user.beamd('token'));
  expect(readdirSync(folder)).not.toContain(left);
});
