/** No secret shows: not in output, files, command lines or environments, whatever goes wrong on the way. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/testing.ts';
import { findInFiles, findInProcesses, findInText } from '../support/find-secrets.ts';
import { writeConfig } from '../support/files.ts';
import { expireSession, logIn, logInToCloud, logInWithToken, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { identityIn, storedSecrets } from '../support/stored-secrets.ts';

const keep = cleanup();

/** Locks an account, unlocks it with a wrong passphrase and with the right one. Returns both. */
async function lockAndUnlock(user: CliUser, server: string): Promise<string[]> {
  const [right, wrong] = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')];
  const give = (command: string, passphrase: string): Promise<Ran> =>
    user.run('beamd', ['-vv', 'agent', command, '--server', server, '--passphrase-file', '-'], { stdin: passphrase });
  succeeded(await give('lock', right));
  expect(await user.beamd('token', '--server', server)).toMatchObject({ code: 4, stdout: '' });
  expect((await give('unlock', wrong)).code).toBe(4);
  succeeded(await give('unlock', right));
  const log = succeeded(await user.beamd('agent', 'log', '--server', server)).stdout;
  expect(log).toMatch(/ locked\n.* wrong passphrase\n.* unlocked\n$/);
  return [right, wrong];
}

test('through a day with faults, refreshes and a logout', async () => {
  const { beamAuth, oauth, selfHosted, cloud, harmony } = keep(await startSandbox());
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await logIn(user, beamAuth, '-vv');
  await logIn(user, oauth);
  await logInWithToken(user, selfHosted.origin, selfHosted.token);
  await logInToCloud(user, cloud, '-vv');
  const secrets = await storedSecrets(user);
  expect(secrets.length).toBeGreaterThanOrEqual(6);

  await expireSession(user, beamAuth);
  // Refreshes that fail in every way, then one that works; the tokens are asked for, but printed nowhere.
  // All that is ever told is told: steps, and where errors came from.
  const quiet = ['-vv', 'exec', '--server', beamAuth.origin, '--', process.execPath, '-e', ''];
  for (const fault of [{ status: 500, html: true }, { reset: true }, { body: '{"access_token": "' }] as const) {
    beamAuth.faults.next('POST /token', fault);
    await user.beamd(...quiet);
  }
  beamAuth.faults.clear();
  succeeded(await user.beamd('agent', 'stop', '--server', beamAuth.origin));
  succeeded(await user.beamd(...quiet));
  for (const server of [oauth.origin, selfHosted.origin])
    succeeded(await user.beamd('-vv', 'exec', '--server', server, '--', 'true'));

  const passphrases = await lockAndUnlock(user, oauth.origin);
  const path = writeConfig(user, 'app.yaml', { server: beamAuth.origin, token: beamAuth.apiKey });
  await user.beamd('-vv', '--config', path);
  await user.beamd('status', '-vv', '--check', '--server', oauth.origin);
  await user.beamd('orgs', '--refresh', '--json', '-vv');
  succeeded(await user.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'gw', '-vv'));
  succeeded(await user.runbeam('harmony:authorize', '-l', 'gw', '-y', '-vv'));
  harmony.faults.next('*', { status: 500, body: 'failed' });
  await user.runbeam('harmony:authorize', '-l', 'gw', '-y', '--json', '-vv');
  await user.runbeam('token:get', '-g', 'gw', '-vv');
  await user.runbeam('harmony:show-key', '-l', 'gw', '-vv');
  await user.runbeam('verify', '-vv');

  secrets.push(
    ...(await storedSecrets(user)),
    ...passphrases,
    beamAuth.apiKey,
    selfHosted.token,
    ...cloud.issued().map(({ machineToken }) => machineToken),
  );
  secrets.push(identityIn(join(user.home, '.beamd/encryption.key')));
  expect(new Set(secrets).size).toBeGreaterThanOrEqual(10);

  const pids = user.agents().map(({ pid }) => pid);
  expect(pids.length).toBeGreaterThanOrEqual(3);
  const places = [
    ...findInText('the output', user.transcript(), secrets),
    ...findInFiles(user.root, secrets),
    ...findInProcesses(pids, secrets),
  ];
  // The key file is where its key belongs, and the user wrote app.yaml.
  expect(places.map((each) => each.replace(user.home, '~')).toSorted()).toEqual(['~/.beamd/encryption.key', '~/work/app.yaml']);

  await user.beamd('-vv', 'logout', '--all');
  await user.runbeam('-vv', 'logout');
  expect(findInText('the output', user.transcript(), secrets)).toEqual([]);
  // It was told of: files, agents, servers, frames.
  const { length: told } = user
    .transcript()
    .split('\n')
    .filter((line) => / \(\d+(?:\.\d)? ms\)$/.test(line));
  expect(told).toBeGreaterThan(50);
  expect(user.transcript()).toContain('\n    at ');
});
