/** The real Rust `runbeam`: against the servers of the sandbox, and beside this one over one home. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runBin, startBin, startHarmony, startRunbeamCloud, type Harmony, type RunbeamCloud } from '../../../sandbox/testing.ts';
import { cleanup, type Keep } from '../../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../../support/cli-user.ts';
import { expectCli, json } from '../../support/expect-cli.ts';
import { succeeded } from '../../support/login.ts';
import { rustPrograms } from './programs.ts';

const rust = rustPrograms();
const keep = cleanup();
const keepForAll = cleanup(afterAll);

/** The one cloud that serves both: tokens without an audience, and `/harmony/authorize` without `/api` before it. */
const FOR_BOTH = { audience: null, prefix: false } as const;
const DEADLINE = 120_000;

/** Somebody with both programs. The Rust one finds no browser. */
function both(keepIt: Keep, cloud: RunbeamCloud): { readonly user: CliUser; readonly env: Readonly<Record<string, string>> } {
  const user = keepIt(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  return { user, env: { HOME: user.home, PATH: user.root, RUNBEAM_API_URL: cloud.origin } };
}

async function runRust(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ran> {
  const { code, stdout, stderr } = await runBin('runbeam', args, { env, command: [rust?.cli ?? ''], timeout: DEADLINE });
  return { code, stdout, stderr };
}

async function logInRust(env: Readonly<Record<string, string>>, cloud: RunbeamCloud): Promise<Ran> {
  const login = startBin('runbeam', ['-q', 'login'], { env, command: [rust?.cli ?? ''], timeout: DEADLINE });
  const [url] = await login.waitFor(/https?:\/\/\S+\/cli\/login\?code=[A-Z-]+/);
  await cloud.approve(url);
  return succeeded(await login.done);
}

function instancesOf({ homes }: CliUser): unknown {
  return JSON.parse(readFileSync(join(homes.runbeam, 'harmony.json'), 'utf8'));
}

describe.skipIf(rust === undefined)('the Rust runbeam', () => {
  let cloud: RunbeamCloud;
  let harmony: Harmony;

  beforeAll(async () => {
    cloud = keepForAll(await startRunbeamCloud(FOR_BOTH));
    harmony = keepForAll(await startHarmony({ cloud: cloud.origin, version: '0.12' }));
  });

  test('goes from login to logout against the sandbox', async () => {
    const { user, env } = both(keep, cloud);
    expect((await logInRust(env, cloud)).stdout).toContain('Logged in as: Alice Example (alice@example.com)');
    expect(succeeded(await runRust(env, 'verify')).stdout).toContain('✅ Token is valid!');
    succeeded(await runRust(env, 'harmony:add', '-i', '127.0.0.1', '-p', String(harmony.port), '-x', 'admin', '-l', 'my-label'));
    expect(succeeded(await runRust(env, '-q', 'harmony:list')).stdout).toContain('my-label');
    const authorized = succeeded(await runRust(env, 'harmony:authorize', '-l', 'my-label', '--update'));
    expect(authorized.stdout).toContain('Authorization complete!');
    const delivered = cloud.issued().at(-1);
    expect(await harmony.storedToken()).toMatchObject({ machine_token: delivered?.machineToken });
    expect(cloud.uploads()).toHaveLength(1);
    const got = succeeded(await runRust(env, '-q', 'token:get', '-g', 'my-gateway', '--raw'));
    expect(got.stdout).toBe(`${cloud.issued().at(-1)?.machineToken ?? ''}\n`);
    expect(instancesOf(user)).toEqual([expect.objectContaining({ label: 'my-label', gateway_id: 'gw_1' })]);
    succeeded(await runRust(env, 'logout'));
    expect((await runRust(env, 'verify')).stderr).toContain('No authentication token found');
  });

  test('leaves a login that is taken over here, and that both go on using', async () => {
    const { user, env } = both(keep, cloud);
    await logInRust(env, cloud);
    const path = join(user.homes.runbeam, 'runbeam-cli', 'runbeam', 'user_auth.json');
    const { stderr: told } = succeeded(await user.runbeam('verify'));
    expect(told).toBe(`Took over the login of the earlier runbeam from ${path}: it is for ${cloud.origin}\n`);
    expect(await json(user, 'runbeam:verify', 'runbeam verify')).toMatchObject({ status: 'valid', kind: 'jwt' });
    expect((await runRust(env, 'verify')).code).toBe(0);
    const { stderr } = succeeded(await user.runbeam('logout'));
    expect(stderr).toContain(path);
    expect((await runRust(env, 'verify')).code).toBe(0);
  });

  test('and this one give an instance one id, and keep what the other needs', async () => {
    const { user, env } = both(keep, cloud);
    const port = String(harmony.port);
    await logInRust(env, cloud);
    succeeded(await user.runbeam('harmony:add', '-p', port, '-l', 'gate'));
    const [ours] = instancesOf(user) as readonly { readonly id: string }[];
    succeeded(await user.runbeam('harmony:authorize', '-l', 'gate', '-y'));
    expect(succeeded(await runRust(env, '-q', 'harmony:list')).stdout).toContain(ours?.id);
    // Rewrites the list.
    succeeded(await runRust(env, 'harmony:add', '-p', '9', '-l', 'other'));
    succeeded(await runRust(env, 'harmony:authorize', '-l', 'gate', '-y'));
    expect(instancesOf(user)).toEqual([
      { id: ours?.id, ip: '127.0.0.1', port: harmony.port, label: 'gate', path_prefix: 'admin', gateway_id: expect.any(String) },
      { id: expect.any(String), ip: '127.0.0.1', port: 9, label: 'other', path_prefix: 'admin', gateway_id: null },
    ]);
    const listed = await json(user, 'runbeam:harmony:list', 'runbeam harmony:list');
    expect(listed).toMatchObject({
      instances: [
        { id: ours?.id, label: 'gate' },
        { label: 'other', port: 9 },
      ],
    });
    // The same address and label have the same id in either program.
    const alone = both(keep, cloud);
    succeeded(await runRust(alone.env, 'harmony:add', '-p', port, '-l', 'gate'));
    expect(instancesOf(alone.user)).toEqual([expect.objectContaining({ id: ours?.id })]);
    // Removed there, removed here.
    succeeded(await runRust(env, 'harmony:remove', '-l', 'other'));
    await expectCli(user, 'runbeam harmony:info -l other', {
      code: 2,
      stderr: 'Error: There is no gateway with the label other\nRun: runbeam harmony:list\n',
    });
  });

  test('shares the address of the cloud', async () => {
    const { user, env } = both(keep, cloud);
    const { RUNBEAM_API_URL: url = '', ...others } = env;
    succeeded(await user.runbeam('config:set', 'api-url', url));
    expect(succeeded(await runRust(others, 'config:get', 'api-url')).stdout).toContain(`API URL: ${url} (from config file)`);
    succeeded(await runRust(others, 'config:unset', 'api-url'));
    expect(await json(user, 'runbeam:config:get', 'runbeam config:get')).not.toMatchObject({ source: 'config.json' });
  });
});
