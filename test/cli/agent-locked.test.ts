/** What is said of an account that is locked, or locks itself; and the agents of all accounts, stopped at once. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { linkSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { startBeamAuthEdge } from '../../sandbox/testing.ts';
import { socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { startCloudUser } from '../support/cloud.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { expectCli, json } from '../support/expect-cli.ts';
import { writeText } from '../support/files.ts';
import { logIn, succeeded } from '../support/login.ts';

const keep = cleanup();

/** A file with a passphrase, in the user's working folder. */
function passphraseFile(user: CliUser): string {
  writeText(user, 'passphrase', randomBytes(12).toString('hex'));
  return 'passphrase';
}

const NOT_RUNNING = 'not running; starts when it is needed';

/** Without what is different each time. */
const steady = (text: string): string =>
  text
    .replaceAll(/\(\d{4}-\d\d-\d\d \d\d:\d\d\)/g, '(WHEN)')
    .replaceAll(/started \d+ (?:s|min) ago/g, 'started N s ago')
    .replaceAll(/pid \d+/g, 'pid N')
    .replaceAll(/version \S+\d/g, 'version V');

test('a locked account says so wherever its agent is shown, with what opens it', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  await logIn(user, edge);
  succeeded(await user.beamd('token'));
  succeeded(await user.beamd('agent', 'lock', '--passphrase-file', passphraseFile(user)));
  const run = `Run: beamd agent unlock --server ${edge.origin}\n`;
  expect(steady((await user.beamd('agent', 'status')).stdout)).toBe(
    `${edge.origin}: running, started N s ago (WHEN): pid N, version V, 1 served, 0 refreshed\nThe account is locked\n${run}`,
  );
  expect(await json(user, 'beamd:agent:status', 'beamd agent status')).toMatchObject({ state: 'running', locked: true });
  const all = (await user.beamd('agent', 'status', '--all')).stdout;
  expect(all).toContain('  running, locked  ');
  expect(all.endsWith(`\n${run}`)).toBe(true);
  expect(await json(user, 'beamd:agent:top', 'beamd agent top')).toMatchObject({ agents: [{ state: 'running', locked: true }] });
  const top = (await user.beamd('agent', 'top')).stdout;
  expect(top).toContain(`\n  the account is locked\n  ${run}  refreshes: 0, failed: 0\n`);

  succeeded(await user.beamd('agent', 'stop'));
  await expectCli(user, 'beamd agent status', { stdout: `${edge.origin}: ${NOT_RUNNING}\nThe account is locked\n${run}` });
  expect((await user.beamd('agent', 'top')).stdout).toBe(`${edge.origin}\n  not running\n  the account is locked\n  ${run}`);
  succeeded(await user.beamd('agent', 'unlock', '--passphrase-file', 'passphrase'));
  await expectCli(user, 'beamd agent status', { stdout: `${edge.origin}: ${NOT_RUNNING}\n` });
  expect(await json(user, 'beamd:agent:status', 'beamd agent status')).toMatchObject({ state: 'stopped', locked: false });
});

test('a lock that is set up once more keeps its passphrase, and says so; `status` shows it', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  await logIn(user, edge);
  const file = passphraseFile(user);
  const armed = `✓ The account on ${edge.origin} locks itself`;
  const lock = async (...words: string[]): Promise<string> =>
    steady(succeeded(await user.beamd('agent', 'lock', ...words)).stdout);
  expect(await lock('--after', '8h', '--passphrase-file', file)).toBe(`${armed} in 8 h (WHEN)\n`);
  const stays = 'The passphrase stays the one that was set earlier\nHint: To set another one, give it with --passphrase-file\n';
  expect(await lock('--after', '2d', '--on-suspend')).toBe(`${armed} in 2 days (WHEN) and when this machine wakes up\n${stays}`);
  expect(await lock('--on-suspend', '--passphrase-file', file)).toBe(`${armed} when this machine wakes up\n`);
  expect(await lock('--on-suspend')).toBe(`${armed} when this machine wakes up\n${stays}`);
  expect((await user.beamd('status')).stdout).toContain('\nLock     locks itself when this machine wakes up\n');
  expect(await json(user, 'beamd:status', 'beamd status')).toMatchObject({ locks_on_suspend: true });
  succeeded(await user.beamd('agent', 'lock'));
  const locked = await json(user, 'beamd:status', 'beamd status');
  expect(locked).toMatchObject({ session: { state: 'locked' } });
  expect(locked).not.toHaveProperty('locks_on_suspend');
});

test('`agent stop --all` stops those of both programs, and goes on where one cannot be stopped', async () => {
  const { cloud, user } = await startCloudUser(keep);
  const [edge, other] = [keep(await startBeamAuthEdge()), keep(await startBeamAuthEdge())];
  await logIn(user, edge);
  await logIn(user, other);
  for (const { origin } of [edge, cloud]) succeeded(await user.beamd('agent', 'start', '--server', origin));
  // Nobody knows which process listens there, and it says nothing.
  const { socket, base } = await socketOf(user, other);
  const silent = keep(createServer((client) => client.resume())).listen(socket);
  await once(silent, 'listening');
  // As a socket of ours has it.
  linkSync(socket, `${base}.g1`);
  const host = other.origin.replace('http://', '');
  const titles = [edge.origin, other.origin, cloud.origin].toSorted();
  const problem = `✗ The agent of ${host} does not answer, and its process cannot be told for sure`;
  const ran = await user.beamd('agent', 'stop', '--all');
  expect(ran.stderr).toBe('');
  expect(ran.stdout.split('\n').filter((line) => !line.startsWith('Hint: '))).toEqual([
    ...titles.map((title) => (title === other.origin ? problem : `✓ The agent of ${title} was stopped`)),
    '',
  ]);
  expect(ran.code).toBe(1);
  expect(user.agents()).toEqual([]);
  silent.close();
  await once(silent, 'close');
  expect(await json(user, 'beamd:agent:stop', 'beamd agent stop --all')).toEqual({
    agents: titles.map((server) => ({ server, stopped: false })),
  });
  await expectCli(user, 'beamd agent stop --all --server x', {
    code: 2,
    stderr: 'Error: --all and --server do not go together\nHint: Add --help to see how it is used\n',
  });
  await expectCli(keep(createCliUser()), 'beamd agent stop --all', { stdout: 'No accounts, and so no agents\n' });
});
