/** The npm package and the executable, of one version, on one account: whichever has started the agent, both are served. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { STANDALONE_BIN } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import type { CliUser } from '../support/cli-user.ts';
import { install, installPackage, type Installation } from '../support/install.ts';
import { expireSession } from '../support/login.ts';
import { startEdgeUser } from '../support/edge.ts';
import { until } from '../support/measure.ts';

const keep = cleanup();
if (STANDALONE_BIN === undefined) console.log('skipped: the npm package beside an executable, because BEAMD_TEST_BIN names none');

async function beamd({ command }: Installation, user: CliUser, ...args: string[]): Promise<string> {
  const [file, ...words] = command('beamd');
  const { stdout } = await promisify(execFile)(file, [...words, ...args], { env: user.env, cwd: user.work });
  return stdout;
}

async function both() {
  const { edge, user } = await startEdgeUser(keep);
  const executable = await install(join(user.root, 'executable'));
  const npm = await installPackage(join(user.root, 'npm'));
  return { edge, user, ways: { executable, npm } };
}

test.skipIf(STANDALONE_BIN === undefined).each([
  ['npm', 'executable'],
  ['executable', 'npm'],
] as const)('an agent that the %s started serves the %s, before and after a refresh', async (first, second) => {
  const { edge, user, ways } = await both();
  await beamd(ways[first], user, 'agent', 'start');
  const [agent] = user.agents();
  expect(agent?.command).toContain(ways[first].place);
  const token = await beamd(ways[first], user, 'token');
  expect(await beamd(ways[second], user, 'token')).toBe(token);
  await expireSession(user, edge);
  // The running agent has found out, as a worker tells it; it alone refreshes.
  await beamd(ways[first], user, 'agent', 'stop');
  const refreshed = await beamd(ways[first], user, 'token');
  expect(refreshed).not.toBe(token);
  const [next] = user.agents();
  expect(await beamd(ways[second], user, 'token')).toBe(refreshed);
  expect(await beamd(ways[second], user, 'default', 'acme')).toContain('is now acme');
  expect(await beamd(ways[first], user, 'token')).toBe(await beamd(ways[second], user, 'token'));
  expect({ refreshes: edge.counters.refreshes, agents: user.agents() }).toEqual({ refreshes: 1, agents: [next] });
});

test.skipIf(STANDALONE_BIN === undefined)('cold calls of both kinds at once: one token, one agent', async () => {
  const { edge, user, ways } = await both();
  await expireSession(user, edge);
  const calls = Array.from({ length: 16 }, (_, index) => beamd(index % 2 === 0 ? ways.npm : ways.executable, user, 'token'));
  const tokens = new Set(await Promise.all(calls));
  await until(() => user.background('worker').length === 0);
  expect({ tokens: tokens.size, refreshes: edge.counters.refreshes, agents: user.agents().length }).toEqual({
    tokens: 1,
    refreshes: 1,
    agents: 1,
  });
});
