/** `beamd agent log`, followed: through rotations and the agents that come and go, until somebody has seen enough. */
import { appendFileSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { agentLog } from '../../src/store/paths.ts';
import { keyOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { expectCli, fitting } from '../support/expect-cli.ts';
import { logIn, succeeded } from '../support/login.ts';
import { openShell } from '../support/shell.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let edge: BeamAuthEdge;
let loggedIn: CliUser;

beforeAll(async () => {
  edge = keepForAll(await startBeamAuthEdge());
  loggedIn = keepForAll(createCliUser());
  await logIn(loggedIn, edge);
});

function stranger(): { readonly user: CliUser; readonly log: string } {
  const user = keep(createCliUser({ from: loggedIn }));
  return { user, log: agentLog(user.homes, keyOf(edge)) };
}

const ALL = String(1_000_000);

test('every line of two agents, rotated in between, once and in order; Ctrl-C is no error', async () => {
  const { user, log } = stranger();
  const following = user.start('beamd', ['agent', 'log', '--follow', '--lines', ALL]);
  succeeded(await user.beamd('agent', 'start'));
  await following.waitFor(/ started /);
  succeeded(await user.beamd('agent', 'stop'));
  await following.waitFor(/ stopped /);
  appendFileSync(log, '2026-01-01T00:00:00.000Z connection refused reason=made room\n'.repeat(5_000));
  succeeded(await user.beamd('agent', 'start'));
  await following.waitFor(/ stopped [^]* started /);
  following.kill('SIGINT');
  const { code, stdout, stderr } = await following.done;
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  expect(stdout).toBe(readFileSync(`${log}.1`, 'utf8') + readFileSync(log, 'utf8'));
  expect(stdout.length).toBeGreaterThan(256 * 1024);
});

test('--json is refused, --jsonl has a value a line and ends with SIGTERM as with Ctrl-C', async () => {
  const { user, log } = stranger();
  const message = 'beamd agent log --follow does not end, so it cannot print one JSON value';
  const error = { code: 'usage', message, hint: 'beamd agent log --follow --jsonl' };
  await expectCli(user, 'beamd agent log -f --json', { code: 2, stdout: `${JSON.stringify({ error }, null, 2)}\n` });
  succeeded(await user.beamd('agent', 'start'));
  const following = user.start('beamd', ['agent', 'log', '-f', '--jsonl']);
  await following.waitFor(/started/);
  appendFileSync(log, '\u001b]0;of somebody else\u0007\n');
  await following.waitFor(/somebody/);
  following.kill('SIGTERM');
  const { code, stdout, stderr } = await following.done;
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  const values = stdout
    .trimEnd()
    .split('\n')
    .map((line) => fitting('beamd:agent:log.jsonl', line));
  const pid = user.agents()[0]?.pid;
  expect(values).toEqual([
    {
      server: edge.origin,
      time: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      event: 'started',
      detail: { pid, version: expect.any(String) as unknown },
    },
    { server: edge.origin, event: ']0;of somebody else', detail: {} },
  ]);
});

test('it ends when nobody reads any more', async () => {
  const { user, log } = stranger();
  succeeded(await user.beamd('agent', 'start'));
  const piped = openShell(user)('beamd agent log -f | head -n 1');
  const more = setInterval(() => {
    appendFileSync(log, '2026-01-01T00:00:00.000Z connection refused reason=too many\n');
  }, 20);
  const { code, stdout, stderr } = await piped.finally(() => clearInterval(more));
  expect({ code, stderr, lines: stdout.split('\n').length - 1 }).toEqual({ code: 0, stderr: '', lines: 1 });
});
