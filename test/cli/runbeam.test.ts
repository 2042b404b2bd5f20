/** `runbeam` without a terminal: what each outcome prints, and its exit code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHarmony, startRunbeamCloud, type Harmony, type RunbeamCloud } from '../../sandbox/testing.ts';
import { forgetKeySets, logInToCloud, succeeded } from '../support/login.ts';
import { fitting, json, expectCli } from '../support/expect-cli.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let cloud: RunbeamCloud;
let harmony: Harmony;
/** Logged in, with the gateway registered as `gw`. */
let everywhere: CliUser;

beforeAll(async () => {
  cloud = keepForAll(await startRunbeamCloud());
  harmony = keepForAll(await startHarmony({ cloud: cloud.origin }));
  everywhere = keepForAll(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await logInToCloud(everywhere, cloud);
  await add(everywhere, 'gw', harmony.port);
});

const stranger = (): CliUser => keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
const loggedIn = (): CliUser => keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin }, from: everywhere }));

/** Registers a gateway under a label and returns its id. */
async function add(user: CliUser, label: string, port: number): Promise<string> {
  const { stdout } = succeeded(await user.runbeam('harmony:add', '-p', String(port), '-l', label, '--json'));
  const value = fitting('runbeam:harmony:add', stdout);
  return /"id":"([0-9a-f]{8})"/.exec(JSON.stringify(value))?.[1] ?? '';
}

const notLoggedIn = (): { code: number; stderr: string } => ({
  code: 4,
  stderr: `Error: You are not logged in to Runbeam Cloud at ${cloud.origin}\nRun: runbeam login\n`,
});

describe('before a login', () => {
  test('what needs one says so with exit 4', async () => {
    const user = stranger();
    await expectCli(user, 'runbeam verify', notLoggedIn());
    await expectCli(user, 'runbeam logout', notLoggedIn());
    await expectCli(user, 'runbeam token:get -g x --raw', notLoggedIn());
    expect(await json(user, 'error', 'runbeam verify', 4)).toEqual({
      error: {
        code: 'login_required',
        message: `You are not logged in to Runbeam Cloud at ${cloud.origin}`,
        hint: 'runbeam login',
      },
    });
  });

  test('a denied and an expired login save nothing', async () => {
    const user = stranger();
    for (const end of ['deny', 'expire'] as const) {
      const login = user.start('runbeam', ['login']);
      const [url] = await login.waitFor(/http:\S+\?code=\S+/);
      await cloud[end](url);
      const { code, stdout } = await login.done;
      expect({ end, code, stdout }).toEqual({ end, code: 4, stdout: '' });
    }
    await expectCli(user, 'runbeam verify', notLoggedIn());
  });
});

describe('settings', () => {
  test('config:get, config:set, config:unset', async () => {
    const user = stranger();
    await expectCli(user, 'runbeam config:get', { stdout: `api_url = ${cloud.origin} (RUNBEAM_API_URL)\n` });
    await expectCli(user, 'runbeam config:set api-url https://api.example.com', {
      stdout: '✓ api_url = https://api.example.com (config.json)\n',
      stderr: `! RUNBEAM_API_URL is set to ${cloud.origin} and wins over it\nRun: unset RUNBEAM_API_URL\n`,
    });
    expect(JSON.parse(readFileSync(join(user.home, '.runbeam/config.json'), 'utf8'))).toEqual({
      api_url: 'https://api.example.com',
    });
    const unset = { env: { RUNBEAM_API_URL: '' } };
    await expectCli(user, 'runbeam config get', { stdout: 'api_url = https://api.example.com (config.json)\n' }, unset);
    expect(await json(user, 'runbeam:config:get', 'runbeam config:get')).toEqual({
      key: 'api_url',
      value: cloud.origin,
      source: 'env',
    });
    await expectCli(user, 'runbeam config:unset api_url', { stdout: `✓ api_url = ${cloud.origin} (RUNBEAM_API_URL)\n` });
    await expectCli(user, 'runbeam config:set nope x', {
      code: 2,
      stderr: 'Error: There is no setting named nope; the settings are: api_url\nRun: runbeam config:get\n',
    });
    await expectCli(user, 'runbeam config:set api-url http://x.example.com', {
      code: 6,
      stderr:
        'Error: The API URL for x.example.com is plain http, which is for this machine only\n' +
        'Run: runbeam config:set api-url https://x.example.com\n',
    });
  });
});

describe('instances', () => {
  test('add, list, remove', async () => {
    const user = stranger();
    await expectCli(user, 'runbeam harmony:list', {
      stdout: 'No gateway is registered\nRun: runbeam harmony:add -l LABEL\n',
    });
    await expectCli(user, 'runbeam harmony:add --no-check', {
      stdout:
        '✓ Added 127.0.0.1:8081\nid       ee4e90ed\naddress  127.0.0.1 port 8081\nprefix   admin\n' +
        'Run: runbeam harmony:authorize --id ee4e90ed\n',
    });
    await expectCli(user, 'runbeam harmony:list', {
      stdout:
        'LABEL           ADDRESS                      LAST SEEN  AUTHORIZED  KEY  ID\n' +
        '127.0.0.1:8081  http://127.0.0.1:8081/admin  -          -           -    ee4e90ed\n',
    });
    expect(JSON.parse(readFileSync(join(user.home, '.runbeam/harmony.json'), 'utf8'))).toEqual([
      { id: 'ee4e90ed', ip: '127.0.0.1', port: 8081, label: '127.0.0.1:8081', path_prefix: 'admin', gateway_id: null },
    ]);
    await expectCli(user, 'runbeam harmony:add -l mine --no-check', {
      stdout:
        '✓ Changed mine\nid       ee4e90ed\naddress  127.0.0.1 port 8081\nprefix   admin\n' +
        'Run: runbeam harmony:authorize --id ee4e90ed\n',
      stderr: '! ee4e90ed was registered already, as 127.0.0.1:8081 at 127.0.0.1:8081: it is changed and keeps its id\n',
    });
    expect(await json(user, 'runbeam:harmony:remove', 'runbeam harmony:remove --id ee4e90ed')).toEqual({
      id: 'ee4e90ed',
      kept: [],
      purged: [],
      instance: { id: 'ee4e90ed', ip: '127.0.0.1', port: 8081, label: 'mine', path_prefix: 'admin' },
    });
    expect(await json(user, 'runbeam:harmony:list', 'runbeam harmony:list')).toEqual({ instances: [] });
  });
});

describe('with a login', () => {
  test('verify knows valid, unverified and rejected apart', async () => {
    const user = loggedIn();
    expect(await json(user, 'runbeam:verify', 'runbeam verify')).toMatchObject({
      status: 'valid',
      kind: 'jwt',
      user: 'alice@example.com',
    });
    cloud.faults.next('*', { status: 503, html: true, times: Infinity });
    forgetKeySets(user);
    const away = await user.runbeam('verify', '--json');
    cloud.faults.clear();
    expect({ code: away.code, value: fitting('runbeam:verify', away.stdout) }).toMatchObject({
      code: 5,
      value: { status: 'unverified' },
    });
  });

  test('info, pipelines, routes, reload, update', async () => {
    const user = loggedIn();
    expect(await json(user, 'runbeam:harmony:info', 'runbeam harmony:info -l gw')).toEqual({
      version: '0.9.0',
      uptime: expect.any(Number),
      os: process.platform,
      arch: process.arch,
    });
    await expectCli(user, 'runbeam harmony:pipelines -l gw', {
      stdout:
        'ID    DESCRIPTION               NETWORKS  ENDPOINTS  BACKENDS  MIDDLEWARE\n' +
        'fhir  FHIR to the clinic        default   fhir_in    clinic    jwt-auth\n' +
        'echo  Answers what it is asked  default   echo       -         -\n',
    });
    await expectCli(user, 'runbeam harmony:routes -l gw', {
      stdout:
        'PATH           METHODS   ENDPOINT  TYPE  PIPELINE  DESCRIPTION\n' +
        '/fhir/{*rest}  GET,POST  fhir_in   fhir  fhir      FHIR API\n' +
        '/echo          GET       echo      echo  echo      Echo\n',
    });
    expect(await json(user, 'runbeam:harmony:pipelines', 'runbeam harmony:pipelines -l gw')).toMatchObject({
      pipelines: [{}, {}],
    });
    expect(await json(user, 'runbeam:harmony:routes', 'runbeam harmony:routes -l gw')).toMatchObject({ routes: [{}, {}] });
    expect(await json(user, 'runbeam:harmony:reload', 'runbeam harmony:reload -l gw')).toEqual({
      reloaded: true,
      zero_downtime_changes: ['runbeam'],
      adapter_restarts_required: [],
      restarted_networks: ['default'],
    });
  });

  test('authorize delivers a token that the gateway stores under its own key', async () => {
    const user = loggedIn();
    const value = await json(user, 'runbeam:harmony:authorize', 'runbeam harmony:authorize -l gw');
    expect(value).toMatchObject({ key_sent: false });
    expect(value).toMatchObject({ via: 'cloud', delivered: true, upload: { status: 'skipped' }, expires_in: 2_592_000 });
    const issued = cloud.issued().at(-1);
    expect(await harmony.storedToken()).toMatchObject({ machine_token: issued?.machineToken, gateway_code: issued?.gatewayCode });
    expect(await json(user, 'runbeam:harmony:show-key', 'runbeam harmony:show-key -l gw')).toMatchObject({ source: 'file' });
  });

  test('a gateway with the integration switched off: exit 7, the help, and --retry delivers what was kept', async () => {
    const user = loggedIn();
    const off = keep(await startHarmony({ cloud: cloud.origin, enabled: false }));
    const id = await add(user, 'off', off.port);
    const issued = cloud.issued().length;
    const { code, stdout, stderr } = await user.runbeam('harmony:authorize', '-l', 'off', '-y');
    expect({ code, stderr }).toEqual({ code: 7, stderr: '' });
    expect(stdout.replace(/gw_\d+/, 'GW').replace(/expires .+\)/, 'expires TIME')).toBe(
      `! A machine token was issued for off, but the gateway does not have it\ngateway        Gateway ${id} (GW)\n` +
        `code           ${id}\nauthorized by  Alice Example <alice@example.com>\nexpires TIME\n` +
        'abilities      harmony:config, harmony:changes, harmony:update\nvia            Runbeam Cloud\n' +
        `problem        The Runbeam integration of Harmony at 127.0.0.1:${off.port} is disabled\n` +
        "help           Set enabled = true under [runbeam] in Harmony's config.toml, " +
        'then restart it or run runbeam harmony:reload -l off, and: runbeam harmony:authorize -l off --retry\n' +
        `Run: runbeam harmony:authorize --id ${id} --retry\n`,
    );
    expect(cloud.issued()).toHaveLength(issued + 1);
    expect(off.counters.authorizations).toBe(0);

    await off.setEnabled(true);
    succeeded(await user.runbeam('harmony:reload', '-l', 'off'));
    expect(await json(user, 'runbeam:harmony:authorize', `runbeam harmony:authorize --id ${id} --retry`)).toMatchObject({
      delivered: true,
    });
    expect(cloud.issued()).toHaveLength(issued + 1);
    expect(await off.storedToken()).toMatchObject({ machine_token: cloud.issued().at(-1)?.machineToken });
  });

  test('an older gateway has no /token: nothing is issued, and it gets the session only if that is asked for', async () => {
    const user = loggedIn();
    const old = keep(await startHarmony({ cloud: cloud.origin, version: '0.4' }));
    const id = await add(user, 'old', old.port);
    const issued = cloud.issued().length;
    const { code, stdout, stderr } = await user.runbeam('harmony:authorize', '-l', 'old');
    expect({ code, stdout, issued: cloud.issued().length }).toEqual({ code: 6, stdout: '', issued });
    expect(stderr).toContain(`Run: runbeam harmony:authorize --id ${id} --via harmony\n`);
    expect(old.counters.authorizations).toBe(0);
    const value = await json(user, 'runbeam:harmony:authorize', 'runbeam harmony:authorize -l old --via harmony');
    expect(value).toMatchObject({ via: 'harmony', delivered: true });
    expect(await old.storedToken()).toMatchObject({ machine_token: cloud.issued().at(-1)?.machineToken });
  });

  test('a gateway that is away: nothing is issued', async () => {
    const user = loggedIn();
    const gone = await startHarmony({ cloud: cloud.origin });
    await add(user, 'gone', gone.port);
    await gone.close();
    const issued = cloud.issued().length;
    const { code, stderr } = await user.runbeam('harmony:authorize', '-l', 'gone', '-y');
    expect({ code, issued: cloud.issued().length }).toEqual({ code: 5, issued });
    expect(stderr).toContain('Is Harmony running there?');
  });

  test('a gateway that goes away with the token under way: exit 7, and the token is kept', async () => {
    const user = loggedIn();
    const gone = keep(await startHarmony({ cloud: cloud.origin, version: '0.12' }));
    await add(user, 'away', gone.port);
    gone.faults.next('POST /admin/token', { status: 503, json: {} });
    const { code } = await user.runbeam('harmony:authorize', '-l', 'away', '-y');
    expect(code).toBe(7);
    const issued = cloud.issued().length;
    succeeded(await user.runbeam('harmony:authorize', '-l', 'away', '--retry'));
    expect(cloud.issued()).toHaveLength(issued);
    expect(gone.counters.authorizations).toBe(1);
  });

  test('token:get mints nothing for a typo, and loses nothing of what it issues', async () => {
    const user = loggedIn();
    const issued = cloud.issued().length;
    const { code, stdout, stderr } = await user.runbeam('token:get', '-g', 'wg');
    expect({ code, stdout, issued: cloud.issued().length }).toEqual({ code: 2, stdout: '', issued });
    expect(stderr).toMatch(/known here: (?:.+, )?gw [0-9a-f]{8}.*; did you mean gw\?/);
    const fresh = succeeded(await user.runbeam('token:get', '-g', 'wg', '--new'));
    expect(JSON.parse(fresh.stdout)).toMatchObject({ machine_token: cloud.issued().at(-1)?.machineToken, gateway_code: 'wg' });
    expect(fresh.stderr).toContain('the only copy');
    succeeded(await user.runbeam('token:get', '-g', 'gw', '--new'));
    expect(await json(user, 'runbeam:token:get', 'runbeam token:get -g gw')).toMatchObject({
      machine_token: cloud.issued().at(-1)?.machineToken,
    });
    expect(cloud.issued()).toHaveLength(issued + 2);
  });

  test('RUNBEAM_ENCRYPTION_KEY is the key that is sent along', async () => {
    const user = loggedIn();
    const other = keep(await startHarmony({ cloud: cloud.origin }));
    await add(user, 'env-key', other.port);
    const { generateX25519Identity } = await import('age-encryption');
    const identity = await generateX25519Identity();
    for (const key of [identity, Buffer.from(`${identity}\n`).toString('base64')]) {
      const env = { RUNBEAM_ENCRYPTION_KEY: key };
      succeeded(await user.run('runbeam', ['harmony:authorize', '-l', 'env-key', '-y'], { env }));
      expect(await other.storedToken(identity)).toMatchObject({ machine_token: cloud.issued().at(-1)?.machineToken });
    }
  });

  test('an instance that does not exist is exit 2', async () => {
    const user = loggedIn();
    await expectCli(user, 'runbeam harmony:info -l nope', {
      code: 2,
      stderr: 'Error: There is no gateway with the label nope\nRun: runbeam harmony:list\n',
    });
  });

  test('a session that the cloud ended: exit 4 and the command to run', async () => {
    const user = loggedIn();
    await cloud.rotateKey();
    succeeded(await user.runbeam('verify'));
    cloud.faults.next('POST /api/harmony/authorize', { status: 401, json: { message: 'Unauthenticated.' } });
    const { code, stdout, stderr } = await user.runbeam('harmony:authorize', '-l', 'gw', '-y');
    expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
    expect(stderr).toMatch(/^Error: .+\nRun: runbeam login\n$/);
  });

  test('logout says what lives on', async () => {
    const user = loggedIn();
    succeeded(await user.runbeam('verify'));
    expect(await json(user, 'runbeam:logout', 'runbeam logout')).toEqual({
      server: cloud.origin,
      revocation: 'unsupported',
      expires_at: expect.any(String),
    });
    expect(user.agents()).toEqual([]);
  });
});
