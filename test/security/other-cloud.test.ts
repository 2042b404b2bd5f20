/** A login of one cloud and tokens of its gateways go to no other host, whatever a variable, a project or a registered address names. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startHarmony, startRunbeamCloud } from '../../sandbox/testing.ts';
import { startCanaryHost } from '../support/canary-host.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { findInText } from '../support/find-secrets.ts';
import { logInToCloud, succeeded } from '../support/login.ts';
import { storedSecrets } from '../support/stored-secrets.ts';

const keep = cleanup();

test('the cloud that is named is another than that of the login', async () => {
  const cloud = keep(await startRunbeamCloud());
  const gateway = keep(await startHarmony({ version: '0.12' }));
  const canary = keep(await startCanaryHost());
  const env = { RUNBEAM_API_URL: cloud.origin };
  const person = keep(createCliUser({ env }));
  await logInToCloud(person, cloud);
  succeeded(await person.runbeam('harmony:add', `127.0.0.1:${gateway.port}`, '-l', 'gw'));
  succeeded(await person.runbeam('harmony:authorize', 'gw', '-y'));
  const secrets = [...(await storedSecrets(person)), ...cloud.issued().map(({ machineToken }) => machineToken)];
  writeFileSync(join(person.work, '.beamd'), `server: ${canary.origin}\n`);
  const lines = [
    'gateways:list',
    'verify',
    'harmony:authorize gw -y',
    'harmony:renew gw',
    'harmony:authorize --all -y',
    'token:get -g x --new',
  ];
  for (const line of lines) {
    const ran = await person.run('runbeam', [...line.split(' '), '--json'], { env: { RUNBEAM_API_URL: canary.origin } });
    expect({ line, code: ran.code }).toEqual({ line, code: 4 });
  }
  expect(findInText('the canary', canary.received(), secrets)).toEqual([]);
  expect(canary.received()).not.toMatch(/authorization:/i);
  // Neither a project nor the issuer that a token names says where the cloud is.
  const heard = canary.connections();
  expect((await person.runbeam('verify')).code).toBe(0);
  const foreign = await cloud.issueUserToken({ iss: `${canary.origin}/api/cli/check-login` });
  const ran = await person.run('runbeam', ['verify'], { env: { RUNBEAM_TOKEN: foreign } });
  expect([ran.code, ran.stdout.includes('comes from another issuer')]).toEqual([4, true]);
  expect(canary.connections()).toBe(heard);
});
