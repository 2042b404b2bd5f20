/** What is stored, the age program reads. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { startHarmony, startRunbeamCloud } from '../../sandbox/testing.ts';
import { accountFile } from '../../src/store/paths.ts';
import { keyOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { logInToCloud, succeeded } from '../support/login.ts';
import { startEdgeUser } from '../support/edge.ts';
import { missing } from '../support/programs.ts';

const keep = cleanup();

const skip = missing('age');

/** The identity of a key file, which holds it as it is or in base64. */
function identityIn(path: string): string {
  const text = readFileSync(path, 'utf8');
  return text.includes('AGE-SECRET-KEY-') ? text : Buffer.from(text, 'base64').toString();
}

test.skipIf(skip)('the secret of an account, with the key of the key file', async () => {
  const { edge, user } = await startEdgeUser(keep);
  const token = succeeded(await user.beamd('token')).stdout.trim();
  const account: unknown = parse(readFileSync(accountFile(user.homes, keyOf(edge)), 'utf8'));
  if (typeof account !== 'object' || account === null || !('secret' in account)) throw new Error('no secret in the account file');
  const sealed = join(user.root, 'sealed');
  execFileSync('sh', ['-c', 'cat > "$0"', sealed], { input: String(account.secret) });
  const identity = identityIn(join(user.homes.beamd, 'encryption.key'));
  const plain = execFileSync('age', ['-d', '-i', '-', sealed], { input: identity, encoding: 'utf8' });
  expect(JSON.parse(plain)).toMatchObject({ access_token: token });
});

test.skipIf(skip)('the machine token of a gateway, with the key of its folder', async () => {
  const cloud = keep(await startRunbeamCloud());
  const harmony = keep(await startHarmony({ cloud: cloud.origin }));
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await logInToCloud(user, cloud);
  succeeded(await user.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'gw'));
  succeeded(await user.runbeam('harmony:authorize', '-l', 'gw'));
  const [id = ''] = readdirSync(user.homes.runbeam).filter((name) => /^[0-9a-f]{8}$/.test(name));
  const folder = join(user.homes.runbeam, id);
  const file = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('auth.json')) ?? '';
  const identity = identityIn(join(folder, 'encryption.key'));
  const plain = execFileSync('age', ['-d', '-i', '-', join(folder, file)], { input: identity, encoding: 'utf8' });
  expect(JSON.parse(plain)).toMatchObject({ machine_token: cloud.issued().at(-1)?.machineToken, gateway_code: id });
});
