/** `agent lock --after` and `--on-suspend`: the agent locks the account by itself, and no session is lost to it. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import type { BeamAuthEdge } from '../../sandbox/testing.ts';
import { encodeJob } from '../../src/agent/protocol/messages.ts';
import { systemClock } from '../../src/clock.ts';
import { backgroundEnvironment } from '../../src/environment.ts';
import { Secret } from '../../src/secret.ts';
import type { AccountStore } from '../../src/store/accounts/account.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { accountFile } from '../../src/store/paths.ts';
import { keyOf, killAgents, PROGRAMS } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import type { CliUser, Ran } from '../support/cli-user.ts';
import { json } from '../support/expect-cli.ts';
import { expireSession, logIn, succeeded } from '../support/login.ts';
import { holdRefresh, startEdgeUser } from '../support/edge.ts';

const keep = cleanup();
const PRELOAD = pathToFileURL(join(import.meta.dirname, '../support/die-at-write.mjs')).href;
const passphrase = randomBytes(12).toString('hex');
let edge: BeamAuthEdge;
let user: CliUser;
let store: AccountStore;

beforeEach(async () => {
  ({ edge, user } = await startEdgeUser(keep));
  store = createAccountStore({ homes: user.homes, clock: systemClock, env: {} });
});

const withPassphrase = (...args: string[]): Promise<Ran> =>
  user.run('beamd', ['agent', ...args, '--passphrase-file', '-'], { stdin: `${passphrase}\n` });
const isLocked = async (): Promise<boolean> => (await store.read(keyOf(edge)))?.locked !== undefined;
/** The time at which it locks itself comes: it counts from the end of the second in which it was set up. */
async function letTimePass(): Promise<void> {
  await store.update(keyOf(edge), (account) => {
    const { autoLock } = account;
    if (autoLock === undefined) throw new Error('it does not lock itself');
    return { ...account, autoLock: { ...autoLock, since: autoLock.since - 8 * 3600 - 1 } };
  });
}
const locked = (host: string) => ({
  code: 4,
  stdout: '',
  stderr: `Error: The account on ${host} is locked\nRun: beamd agent unlock --server ${host}\n`,
});

test('after its time nothing gives a token until the passphrase does, and then its time begins anew', async () => {
  const host = edge.origin;
  const { stdout: token } = succeeded(await user.beamd('token'));
  const { stdout } = succeeded(await withPassphrase('lock', '--after', '8h', '--on-suspend'));
  expect(stdout).toMatch(
    /^✓ The account on \S+ locks itself in 8 h \(\d{4}-\d\d-\d\d \d\d:\d\d\) and when this machine wakes up\n$/,
  );
  expect(await user.beamd('token')).toEqual({ code: 0, stdout: token, stderr: '' });
  expect(succeeded(await user.beamd('agent', 'status')).stdout).toMatch(/\nThe account locks itself in (7|8) h .+ wakes up\n$/);
  expect(await json(user, 'beamd:agent:status', 'beamd agent status')).toMatchObject({
    state: 'running',
    locks_on_suspend: true,
  });
  await letTimePass();
  expect(await user.beamd('token')).toEqual(locked(host));
  expect(await isLocked()).toBe(true);
  expect(readFileSync(accountFile(user.homes, keyOf(edge)), 'utf8')).toContain('by_itself: true\n');
  // Its own key does not open it.
  expect(await user.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } })).toEqual(locked(host));
  expect(succeeded(await user.beamd('agent', 'log')).stdout).toMatch(/ locked reason=time\n/);
  const wrong = await user.run('beamd', ['agent', 'unlock', '--passphrase-file', '-'], { stdin: 'not that one' });
  expect(wrong).toMatchObject({ code: 4, stdout: '' });
  expect(succeeded(await withPassphrase('unlock')).stdout).toMatch(
    /^✓ The account on \S+ is now unlocked\nIt locks itself in 8 h .+ wakes up\n$/,
  );
  expect(await user.beamd('token')).toEqual({ code: 0, stdout: token, stderr: '' });
  // Without a passphrase at hand, too.
  succeeded(await user.beamd('agent', 'lock'));
  expect(await isLocked()).toBe(true);
  expect(await user.beamd('agent', 'lock', '--never')).toEqual(locked(host));
  succeeded(await withPassphrase('unlock'));
  expect(await json(user, 'beamd:agent:lock', 'beamd agent lock --after 2d')).toMatchObject({
    locked: false,
    locks_on_suspend: false,
  });
  expect(succeeded(await user.beamd('agent', 'lock', '--never')).stdout).toBe(`✓ The account on ${host} locks itself no more\n`);
  expect(succeeded(await user.beamd('agent', 'lock', '--never')).stdout).toBe(`The account on ${host} did not lock itself\n`);
});

test('what is no span, no passphrase or no session', async () => {
  for (const span of ['soon', '0s', '366d', '-1h']) {
    expect(await withPassphrase('lock', `--after=${span}`)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Error: --after takes a span of time, up to 365d\nRun: beamd agent lock --after 8h\n',
    });
  }
  expect(await user.beamd('agent', 'lock', '--after', '8h')).toMatchObject({ code: 2, stdout: '' });
  edge.endSessions();
  await expireSession(user, edge);
  await user.beamd('token');
  expect(await withPassphrase('lock', '--after', '8h')).toMatchObject({ code: 4, stdout: '' });
});

test('an agent that is killed and started again knows of it; without any it is locked when it is used; a login anew keeps it', async () => {
  succeeded(await withPassphrase('lock', '--after', '8h'));
  await killAgents(user);
  succeeded(await user.beamd('token'));
  await letTimePass();
  await killAgents(user);
  expect(await user.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } })).toMatchObject({ code: 4, stdout: '' });
  expect(await isLocked()).toBe(true);
  const { stderr } = await logIn(user, edge);
  expect(stderr).toContain(' locks itself, as before; beamd agent lock --never takes that back\n');
  expect(await isLocked()).toBe(false);
  succeeded(await user.beamd('token'));
  await letTimePass();
  expect(await user.beamd('token')).toMatchObject({ code: 4 });
});

test('a refresh that is under way ends first, and what it brought is what is sealed', async () => {
  succeeded(await withPassphrase('lock', '--after', '8h'));
  await expireSession(user, edge);
  const { refreshing, answer } = holdRefresh(keep, edge);
  const asked = user.beamd('token');
  await refreshing();
  await letTimePass();
  const second = user.beamd('token');
  answer();
  expect([(await asked).code, (await second).code, await isLocked()]).toEqual([4, 4, true]);
  succeeded(await withPassphrase('unlock'));
  await expireSession(user, edge);
  succeeded(await user.beamd('token'));
  expect([edge.counters.refreshes, edge.counters.refusedRefreshes, edge.liveSessions()]).toEqual([2, 0, 1]);
});

test.skipIf(process.env['BEAMD_TEST_BIN'] !== undefined)(
  'a worker that is killed at any step leaves a whole session',
  async () => {
    succeeded(await withPassphrase('lock', '--after', '8h'));
    await killAgents(user);
    const { credential } = (await store.session(keyOf(edge))) ?? {};
    for (let at = 1; ; at += 1) {
      const [program, ...args] = [PROGRAMS.worker.file, '--import', PRELOAD, ...PROGRAMS.worker.args];
      const die = { BEAMD_TEST_DIE_IN: user.homes.beamd, BEAMD_TEST_DIE_AT: String(at) };
      const env = { ...backgroundEnvironment(user.env), ...die };
      const worker = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'ignore'] });
      worker.stdin.end(encodeJob({ account: keyOf(edge), keys: {}, job: 'lock', params: {} }));
      const said = await text(worker.stdout);
      if (await isLocked()) await store.withLock(keyOf(edge), (one) => one.unlock(new Secret(passphrase)));
      expect((await store.session(keyOf(edge)))?.credential).toEqual(credential);
      if (said !== '') {
        expect(at).toBeGreaterThan(2);
        return;
      }
    }
  },
);
