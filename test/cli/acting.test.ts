/** `runbeam` without a login: with a `--config` file, with `RUNBEAM_TOKEN`, with `RUNBEAM_MACHINE_TOKEN`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startHarmony, startRunbeamCloud, type Harmony, type RunbeamCloud } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { expectCli, fitting } from '../support/expect-cli.ts';
import { writeConfig } from '../support/files.ts';
import { logInToCloud, succeeded } from '../support/login.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let cloud: RunbeamCloud;
let harmony: Harmony;
let user: CliUser;
let token: string;

beforeAll(async () => {
  cloud = keepForAll(await startRunbeamCloud({ tokenKind: 'sanctum' }));
  harmony = keepForAll(await startHarmony({ cloud: cloud.origin }));
});

beforeEach(async () => {
  user = keep(createCliUser());
  token = await cloud.issueUserToken();
  succeeded(await user.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'gw'));
});

/** No account was made, no agent was started, and nothing that was printed holds the token. */
function expectNoTrace(): void {
  expect(existsSync(join(user.home, '.beamd/accounts'))).toBe(false);
  expect(user.agents()).toEqual([]);
  expect(user.transcript()).not.toContain(token.split('|')[1]);
}

const file = (server = cloud.origin): string => writeConfig(user, 'ci.yaml', { server, token });
const asToken = () => ({ env: { RUNBEAM_TOKEN: token, RUNBEAM_API_URL: cloud.origin } });

async function delivered(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const before = cloud.issued().length;
  const ran = succeeded(await user.run('runbeam', [...args, 'harmony:authorize', '-l', 'gw', '-y'], { env }));
  expect(cloud.issued().length).toBe(before + 1);
  expect(ran.stdout).toMatch(/^✓ Authorized gw\n/);
  return ran;
}

test('--config authorizes, delivers, stores and verifies, wherever it stands', async () => {
  const path = file();
  expect((await delivered(['-v', '--config', path])).stderr).toContain(`act as ${path} at ${cloud.origin}`);
  // The stored token is found again, by whomever.
  const kept = succeeded(await user.runbeam('token:get', '-g', 'gw', '--raw')).stdout;
  expect(JSON.parse(kept)).toMatchObject({ machine_token: cloud.issued().at(-1)?.machineToken });
  const fresh = succeeded(await user.runbeam('token:get', '-g', 'other', '--new', '--json', '--config', path));
  expect(JSON.parse(fresh.stdout)).toMatchObject({ gateway_code: 'other' });
  const shown =
    `✓ The token is valid\nserver   ${cloud.origin}\nacts as  ${path}\n` +
    'kind     opaque token, checked by asking Runbeam Cloud\n';
  await expectCli(user, `runbeam --config ${path}`, { stdout: shown });
  await expectCli(user, `runbeam verify --config ${path}`, { stdout: shown });
  expectNoTrace();
});

test('RUNBEAM_TOKEN does the same at the configured cloud', async () => {
  await delivered([], asToken().env);
  const { stdout } = succeeded(await user.run('runbeam', ['verify', '--json'], asToken()));
  expect(fitting('runbeam:verify', stdout)).toEqual({
    status: 'valid',
    kind: 'opaque',
    server: cloud.origin,
    acts_as: { kind: 'token', title: 'RUNBEAM_TOKEN' },
    passed_over: [],
  });
  expectNoTrace();
});

test('the file goes before the variable, and the variable before the login; the cloud that is not meant hears nothing', async () => {
  const other = keep(await startRunbeamCloud());
  await logInToCloud(keep(createCliUser({ env: { RUNBEAM_API_URL: other.origin } })), other);
  const env = { RUNBEAM_TOKEN: 'x', RUNBEAM_API_URL: other.origin };
  const before = JSON.stringify(other.counters);
  await delivered(['--config', file()], env);
  expect(JSON.stringify(other.counters)).toBe(before);

  const local = { RUNBEAM_API_URL: cloud.origin };
  const person = keep(createCliUser({ env: local }));
  await logInToCloud(person, cloud);
  const { stdout } = await person.run('runbeam', ['verify'], { env: { RUNBEAM_TOKEN: '1|wrong' } });
  expect(stdout).toBe(
    `✗ The token was rejected\nserver       ${cloud.origin}\nacts as      RUNBEAM_TOKEN\npassed over  the login of alice@example.com\n` +
      `kind         opaque token, checked by asking Runbeam Cloud\nreason       ${cloud.origin} does not accept the token\n` +
      'Hint: Put a token that is good there into RUNBEAM_TOKEN, or unset it to use your login\n',
  );
  const out = await person.run('runbeam', ['logout'], { env: { RUNBEAM_TOKEN: token } });
  expect(out.stderr).toBe('! RUNBEAM_TOKEN is set and stays good: this ended the stored login alone\nRun: unset RUNBEAM_TOKEN\n');
});

test('a machine token is no user, and a token that is refused says whose it was', async () => {
  const machine = { RUNBEAM_MACHINE_TOKEN: 'mt_x', RUNBEAM_API_URL: cloud.origin };
  const only = await user.run('runbeam', ['harmony:authorize', '-l', 'gw', '-y'], { env: machine });
  expect(only).toEqual({
    code: 4,
    stdout: '',
    stderr:
      `Error: RUNBEAM_MACHINE_TOKEN acts for a gateway, and this is a user's to do. ` +
      `You are not logged in to Runbeam Cloud at ${cloud.origin}\nRun: runbeam login\n`,
  });
  cloud.endUserToken(token);
  const path = file();
  const host = new URL(cloud.origin).host;
  await expectCli(user, `runbeam --config ${path} harmony:authorize -l gw -y`, {
    code: 4,
    stderr: `Error: ${host} rejected the token of ${path}\nHint: Put a token that is good there into ${path}\n`,
  });
  for (const command of ['login', 'logout']) {
    const wanted = `Error: runbeam ${command} works on accounts; --config uses none\nRun: runbeam ${command} --help\n`;
    await expectCli(user, `runbeam ${command} --config ${path}`, { code: 2, stderr: wanted });
  }
  expectNoTrace();
});
