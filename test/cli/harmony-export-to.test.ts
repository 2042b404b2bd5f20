/** `runbeam harmony:export --to`: the real kubectl and aws, and stand-ins for vault and az, whose servers cannot be had here. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateIdentity } from '../../src/store/secrets/age-identity.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { fitting } from '../support/expect-cli.ts';
import { installClient, startApiServer, type ApiServer } from '../support/engines.ts';
import { succeeded } from '../support/login.ts';
import { noMoto, startMoto, type Moto } from '../support/moto.ts';
import { noKubectl } from '../support/programs.ts';

const keep = cleanup(afterAll);
let user: CliUser;
let store: string;
let bin: string;
let key: string;
const jwt = randomBytes(24).toString('base64');

beforeAll(async () => {
  user = keep(createCliUser());
  store = join(user.root, 'store');
  bin = join(user.root, 'bin');
  mkdirSync(store);
  installClient(bin, 'vault');
  installClient(bin, 'az');
  const identity = (await generateIdentity()).reveal();
  key = Buffer.from(identity).toString('base64');
  succeeded(await user.runbeam('harmony:add', '-p', '9', '-l', 'gw', '--no-check'));
  succeeded(await user.run('runbeam', ['harmony:set-key', '-l', 'gw', '--key', '-'], { stdin: identity }));
});

const put = (
  to: string,
  words: readonly string[] = ['-y'],
  env: Readonly<Record<string, string>> = {},
  cwd = user.work,
): Promise<Ran> =>
  user.run('runbeam', ['harmony:export', 'gw', '--to', to, ...words], {
    cwd,
    env: { PATH: `${bin}:${user.env['PATH'] ?? ''}`, ENGINE_STORE: store, OURS: jwt, ...env },
  });

const withJwt = ['-y', '--jwt-secret-from', 'env:OURS'];

/** The newest version that a stand-in keeps. */
function stored(name: string): unknown {
  const newest = Math.max(...readdirSync(join(store, name)).map(Number));
  return JSON.parse(readFileSync(join(store, name, String(newest)), 'utf8'));
}

describe('vault', () => {
  const VAULT_ADDR = 'https://vault.example.com';

  test('the client gets the secret on its standard input alone, and what is there stays', async () => {
    expect(await put('vault:secret/harmony/gw', ['-y'], { VAULT_ADDR })).toEqual({
      code: 0,
      stdout: `✓ Wrote encryption_key of gw to vault:secret/harmony/gw (Vault at ${VAULT_ADDR})\n`,
      stderr: '',
    });
    const { stdout } = await put('vault:secret/harmony/gw', [...withJwt, '--json'], { VAULT_ADDR });
    expect(fitting('runbeam:harmony:export', stdout)).toEqual({
      instance: expect.objectContaining({ label: 'gw' }),
      target: 'vault:secret/harmony/gw',
      where: `Vault at ${VAULT_ADDR}`,
      fields: ['encryption_key', 'jwt_secret'],
      written: true,
    });
    expect(stored('secret_harmony_gw')).toEqual({ encryption_key: key, jwt_secret: jwt });
    expect((await put('vault:secret/harmony/gw', ['-y'], { VAULT_ADDR })).stdout).toBe(
      `encryption_key of gw: all of it is in vault:secret/harmony/gw (Vault at ${VAULT_ADDR}) already\n`,
    );
    const seen = readFileSync(join(store, 'seen.jsonl'), 'utf8');
    expect(seen).toContain('"-cas=1"');
    // The JWT secret was in a variable that is the user's own, which the client is not robbed of.
    expect([seen.includes(key), seen.includes('RUNBEAM_'), seen.includes('BEAMD_')]).toEqual([false, false, false]);
  });

  test('harmony:tokens --from reads when the machine token there ends, on a machine that knows nothing of it', async () => {
    const [issued_at, expires_at] = ['2020-01-01T00:00:00Z', '2020-01-31T00:00:00Z'];
    const token = {
      machine_token: randomBytes(16).toString('hex'),
      expires_at,
      gateway_id: 'g1',
      gateway_code: 'elsewhere',
      abilities: [],
      issued_at,
    };
    const folder = join(store, 'secret_fleet');
    mkdirSync(folder);
    writeFileSync(join(folder, '1'), JSON.stringify({ machine_token: JSON.stringify(token) }));
    const options = { env: { PATH: `${bin}:${user.env['PATH'] ?? ''}`, ENGINE_STORE: store } };
    const { stdout } = await user.run('runbeam', ['harmony:tokens', '--from', 'vault:secret/fleet', '--json'], options);
    expect(fitting('runbeam:harmony:tokens', stdout)).toEqual({
      tokens: [{ standing: 'expired', gateway_code: 'elsewhere', gateway_id: 'g1', issued_at, expires_at }],
    });
    expect(await user.run('runbeam', ['harmony:tokens', '--from', 'vault:secret/none'], options)).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Error: There is no machine token in vault:secret/none, or it may not be read\n' +
        'Run: runbeam harmony:export NAME --with-token --to vault:secret/none\n',
    });
  });

  test('with nobody to ask nothing is written', async () => {
    const { code, stdout, stderr } = await put('vault:secret/harmony/asked', [], { VAULT_ADDR });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^Error: There is nobody to ask whether to write to vault:secret\/harmony\/asked \(Vault at https:\/\/vault\.example\.com\)\nRun: runbeam harmony:export --id [0-9a-f]{8} --to vault:secret\/harmony\/asked -y\n$/,
    );
    expect(readdirSync(store)).not.toContain('secret_harmony_asked');
  });

  test('writers at once lose nothing', async () => {
    const words = Array.from({ length: 6 }, (_, at) => (at % 2 === 0 ? ['-y'] : withJwt));
    for (const ran of await Promise.all(words.map((each) => put('vault:secret/race', each)))) succeeded(ran);
    expect(stored('secret_race')).toEqual({ encryption_key: key, jwt_secret: jwt });
  });

  test('what the client says is shown without secrets and escape sequences, a few lines of it', async () => {
    const { code, stdout, stderr } = await put('vault:secret/broken', withJwt, { VAULT_BREAKS: '1' });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe(
      'vault: Error writing: {"encryption_key":"[redacted]","jwt_secret":"[redacted]"}\nvault: x\nvault: x\nvault: x\n' +
        'Error: vault could not write secret/broken\nHint: Is vault logged in, and may it do that?\n',
    );
  });

  test('a client in the current or a relative folder is none', async () => {
    const evil = join(user.work, 'evil');
    installClient(evil, 'vault');
    for (const PATH of [evil, '.', 'evil', '']) {
      const ran = await put(
        'vault:secret/evil',
        ['-y'],
        { PATH: [PATH, dirname(process.execPath)].join(':') },
        PATH === 'evil' ? user.work : evil,
      );
      expect(ran).toEqual({
        code: 2,
        stdout: '',
        stderr: 'Error: There is no vault in the absolute folders of your PATH\nHint: Install vault, and log in with it\n',
      });
    }
  });
});

describe.skipIf(noKubectl())('kubectl', () => {
  let api: ApiServer;
  let KUBECONFIG: string;

  beforeAll(async () => {
    api = keep(await startApiServer());
    KUBECONFIG = join(user.root, 'kubeconfig');
    writeFileSync(KUBECONFIG, api.kubeconfig, { mode: 0o600 });
  });

  const kept = (name: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(api.secrets.get(name)?.data ?? {}).map(([field, value]) => [field, Buffer.from(value, 'base64').toString()]),
    );

  test('makes a Secret, and replaces it with what others put there', async () => {
    expect(await put('k8s:production/harmony', ['-y'], { KUBECONFIG })).toEqual({
      code: 0,
      stdout: '✓ Wrote encryption_key of gw to k8s:production/harmony (Kubernetes, context test)\n',
      stderr: '',
    });
    expect(kept('production/harmony')).toEqual({ 'encryption-key': key });
    succeeded(await put('k8s:production/harmony', withJwt, { KUBECONFIG }));
    expect(kept('production/harmony')).toEqual({ 'encryption-key': key, 'jwt-secret': jwt });
    // What kubectl itself makes of it is what a pod gets.
    const words = ['get', 'secret', 'harmony', '-n', 'production', '-o', 'jsonpath={.data.encryption-key}'];
    // Not at once: the server is in this very process.
    const { stdout: data } = await promisify(execFile)('kubectl', words, { env: { ...user.env, KUBECONFIG } });
    expect(Buffer.from(data, 'base64').toString()).toBe(key);
  });

  test('of two that read the same, one is refused, and begins anew with what the other wrote', async () => {
    succeeded(await put('k8s:race/harmony', ['-y'], { KUBECONFIG }));
    api.calls.length = 0;
    api.holdReads(2);
    const own = ['-y', '--jwt-secret-from'];
    const [first, second] = await Promise.all(
      ['env:ONE', 'env:TWO'].map((from) => put('k8s:race/harmony', [...own, from], { KUBECONFIG, ONE: 'first', TWO: 'second' })),
    );
    expect([first?.code, second?.code]).toEqual([0, 0]);
    expect(api.calls.filter((call) => call.startsWith('PUT')).sort()).toEqual(['PUT 200', 'PUT 200', 'PUT 409']);
    expect(kept('race/harmony')['encryption-key']).toBe(key);
  });
});

describe.skipIf(noMoto())('aws, with the server of moto', () => {
  let moto: Moto;

  beforeAll(async () => {
    moto = keep(await startMoto());
  });

  test('makes a secret, then a version that becomes the current one', async () => {
    expect(await put('aws:harmony/production', ['-y'], moto.env)).toEqual({
      code: 0,
      stdout: '✓ Wrote encryption_key of gw to aws:harmony/production (AWS account 123456789012, region eu-west-1)\n',
      stderr: '',
    });
    succeeded(await put('aws:harmony/production', withJwt, moto.env));
    expect(await moto.value('harmony/production')).toEqual({ encryption_key: key, jwt_secret: jwt });
  });
});

test('az gets the secret on its standard input, and prints none', async () => {
  expect(await put('azure:harmony-vault/gw', ['-y'])).toEqual({
    code: 0,
    stdout: '✓ Wrote encryption_key of gw to azure:harmony-vault/gw (Azure subscription Production)\n',
    stderr: '',
  });
  succeeded(await put('azure:harmony-vault/gw', withJwt));
  expect(stored('harmony-vault_gw')).toEqual({ encryption_key: key, jwt_secret: jwt });
});
