/** The main job in one go. .ci/run repeats this file on every Node that is supported. */
import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/testing.ts';
import { logIn, logInToCloud, succeeded } from '../support/login.ts';
import { closing } from '../support/cleanup.ts';
import { writeConfig } from '../support/files.ts';
import { createWorld } from '../support/cli-user.ts';

const keep = closing();

test('log in, act for orgs, hand out tokens, authorize a gateway, log out', async () => {
  const { beamAuth, oauth, cloud, harmony } = keep(await startSandbox());
  const world = keep(createWorld({ env: { RUNBEAM_API_URL: cloud.origin } }));

  await logIn(world, beamAuth);
  await logIn(world, oauth);
  expect((await world.beamd('whoami')).stdout).toBe(`alice@example.com on ${beamAuth.origin} for alice (owner)\n`);
  expect((await world.beamd('default', 'acme')).stdout).toBe(`The default org on ${beamAuth.origin} is now acme\n`);
  expect((await world.beamd('switch', oauth.origin)).code).toBe(0);
  expect((await world.beamd('orgs')).stdout).toBe('* alice    owner   default\n  acme     admin\n  widgets  member\n');

  const [first, second] = await Promise.all([world.beamd('token'), world.beamd('token')]);
  expect(first).toEqual({ code: 0, stdout: expect.stringMatching(/^\S{20,}\n$/), stderr: '' });
  expect(second).toEqual(first);
  const child = await world.beamd('exec', '--server', beamAuth.origin, '--', process.execPath, '-p', 'process.env.BEAMD_SCOPE');
  expect(child).toEqual({ code: 0, stdout: 'acme\n', stderr: '' });

  const config = writeConfig(world, 'app.yaml', { server: beamAuth.origin, token: beamAuth.apiKey });
  expect((await world.beamd('--config', config)).code).toBe(0);

  await logInToCloud(world, cloud);
  expect((await world.runbeam('verify')).code).toBe(0);
  succeeded(await world.runbeam('harmony:add', '-i', '127.0.0.1', '-p', String(harmony.port), '-x', 'admin', '-l', 'my-label'));
  succeeded(await world.runbeam('harmony:authorize', '-l', 'my-label', '-y'));
  expect(harmony.counters.authorizations).toBe(1);

  succeeded(await world.beamd('logout', '--all'));
  succeeded(await world.runbeam('logout'));
  expect((await world.beamd('accounts')).stdout).toBe('You are not logged in anywhere. Run: beamd login\n');
});
