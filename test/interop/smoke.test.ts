/** The main job in one go. .ci/run repeats this file on every Node that is supported. */
import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/testing.ts';
import { logIn, logInToCloud, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { writeConfig } from '../support/files.ts';
import { createCliUser } from '../support/cli-user.ts';

const keep = cleanup();

test('log in, act for orgs, hand out tokens, authorize a gateway, log out', async () => {
  const { beamAuth, oauth, cloud, harmony } = keep(await startSandbox());
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));

  await logIn(user, beamAuth);
  await logIn(user, oauth);
  expect((await user.beamd('whoami')).stdout).toBe(`alice@example.com on ${beamAuth.origin} for alice (owner)\n`);
  expect((await user.beamd('default', 'acme')).stdout).toBe(`✓ The default org on ${beamAuth.origin} is now acme\n`);
  expect((await user.beamd('switch', oauth.origin)).code).toBe(0);
  expect((await user.beamd('orgs')).stdout).toBe('* alice    owner   default\n  acme     admin\n  widgets  member\n');

  const [first, second] = await Promise.all([user.beamd('token'), user.beamd('token')]);
  expect(first).toEqual({ code: 0, stdout: expect.stringMatching(/^\S{20,}\n$/), stderr: '' });
  expect(second).toEqual(first);
  const child = await user.beamd('exec', '--server', beamAuth.origin, '--', process.execPath, '-p', 'process.env.BEAMD_SCOPE');
  expect(child).toEqual({ code: 0, stdout: 'acme\n', stderr: '' });

  const config = writeConfig(user, 'app.yaml', { server: beamAuth.origin, token: beamAuth.apiKey });
  expect((await user.beamd('--config', config)).code).toBe(0);

  await logInToCloud(user, cloud);
  expect((await user.runbeam('verify')).code).toBe(0);
  succeeded(await user.runbeam('harmony:add', '-i', '127.0.0.1', '-p', String(harmony.port), '-x', 'admin', '-l', 'my-label'));
  succeeded(await user.runbeam('harmony:authorize', '-l', 'my-label', '-y'));
  expect(harmony.counters.authorizations).toBe(1);

  succeeded(await user.beamd('logout', '--all'));
  succeeded(await user.runbeam('logout'));
  expect((await user.beamd('accounts')).stdout).toBe('You are not logged in anywhere\nRun: beamd login\n');
});
