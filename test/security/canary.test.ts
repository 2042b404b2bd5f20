/** No secret shows: not in output, files, command lines or environments, whatever goes wrong on the way. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Decrypter, armor } from 'age-encryption';
import { parse } from 'yaml';
import { startSandbox } from '../../sandbox/testing.ts';
import { findInFiles, findInProcesses, findInText } from '../support/find-secrets.ts';
import { writeConfig } from '../support/files.ts';
import { logIn, logInToCloud, logInWithToken, succeeded } from '../support/login.ts';
import { closing } from '../support/cleanup.ts';
import { createWorld, type World } from '../support/cli-user.ts';

const keep = closing();

/** Every secret in the account files, decrypted as the age program would. */
async function storedSecrets(world: World): Promise<string[]> {
  const folder = join(world.home, '.beamd/accounts');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identityOf(readFileSync(join(world.home, '.beamd/encryption.key'), 'utf8')));
  const found: string[] = [];
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.yaml'))) {
    const document: unknown = parse(readFileSync(join(folder, name), 'utf8'));
    if (typeof document !== 'object' || document === null || !('secret' in document)) throw new Error(`${name} has no secret`);
    const plain: unknown = JSON.parse(await decrypter.decrypt(armor.decode(String(document.secret)), 'text'));
    if (typeof plain !== 'object' || plain === null) throw new Error(`${name} holds no credential`);
    found.push(...Object.values(plain).filter((value): value is string => typeof value === 'string'));
  }
  return found;
}

function identityOf(text: string): string {
  const raw = /AGE-SECRET-KEY-1\w+/.exec(text) ?? /AGE-SECRET-KEY-1\w+/.exec(Buffer.from(text, 'base64').toString());
  if (raw === null) throw new Error('no identity in the key file');
  return raw[0];
}

test('through a day with faults, refreshes and a logout', { timeout: 120_000 }, async () => {
  const { beamAuth, oauth, selfHosted, cloud, harmony } = keep(await startSandbox());
  const world = keep(createWorld({ env: { RUNBEAM_API_URL: cloud.origin } }));
  beamAuth.setExpiresIn(1);
  await logIn(world, beamAuth);
  await logIn(world, oauth);
  await logInWithToken(world, selfHosted.origin, selfHosted.token);
  await logInToCloud(world, cloud);
  const secrets = await storedSecrets(world);
  expect(secrets.length).toBeGreaterThanOrEqual(6);

  // Refreshes that fail in every way, then one that works; the tokens are asked for, but printed nowhere.
  const quiet = ['exec', '--server', beamAuth.origin, '--', process.execPath, '-e', ''];
  for (const fault of [{ status: 500, html: true }, { reset: true }, { body: '{"access_token": "' }] as const) {
    beamAuth.faults.next('POST /token', fault);
    await world.beamd(...quiet);
  }
  beamAuth.faults.clear();
  beamAuth.setExpiresIn(3600);
  succeeded(await world.beamd('agent', 'stop', '--server', beamAuth.origin));
  succeeded(await world.beamd(...quiet));
  for (const server of [oauth.origin, selfHosted.origin]) succeeded(await world.beamd('exec', '--server', server, '--', 'true'));

  const path = writeConfig(world, 'app.yaml', { server: beamAuth.origin, token: beamAuth.apiKey });
  await world.beamd('--config', path);
  await world.beamd('status', '--check', '--server', oauth.origin);
  await world.beamd('orgs', '--refresh', '--json');
  succeeded(await world.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'gw'));
  succeeded(await world.runbeam('harmony:authorize', '-l', 'gw', '-y'));
  harmony.faults.next('*', { status: 500, body: 'failed' });
  await world.runbeam('harmony:authorize', '-l', 'gw', '-y', '--json');
  await world.runbeam('token:get', '-g', 'gw');
  await world.runbeam('harmony:show-key', '-l', 'gw');
  await world.runbeam('verify');

  secrets.push(
    ...(await storedSecrets(world)),
    beamAuth.apiKey,
    selfHosted.token,
    ...cloud.issued().map(({ machineToken }) => machineToken),
  );
  secrets.push(identityOf(readFileSync(join(world.home, '.beamd/encryption.key'), 'utf8')));
  expect(new Set(secrets).size).toBeGreaterThanOrEqual(10);

  const pids = world.agents().map(({ pid }) => pid);
  expect(pids.length).toBeGreaterThanOrEqual(3);
  const places = [
    ...findInText('the output', world.transcript(), secrets),
    ...findInFiles(world.root, secrets),
    ...findInProcesses(pids, secrets),
  ];
  // The key file is where its key belongs, and the user wrote app.yaml.
  expect(places.map((each) => each.replace(world.home, '~')).toSorted()).toEqual(['~/.beamd/encryption.key', '~/work/app.yaml']);

  await world.beamd('logout', '--all');
  await world.runbeam('logout');
  expect(findInText('the output', world.transcript(), secrets)).toEqual([]);
});
