/** `runbeam gateways:list`, `changes:ack` and their like: what each outcome prints, and its exit code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRunbeamCloud, type RunbeamCloud } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { expectCli, fitting, json } from '../support/expect-cli.ts';
import { logInToCloud, succeeded } from '../support/login.ts';
import { openTerminal } from '../support/terminal.ts';

const keep = cleanup(afterAll);
let cloud: RunbeamCloud;
let user: CliUser;

beforeAll(async () => {
  cloud = keep(await startRunbeamCloud({ resources: 1_000 }));
  user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await logInToCloud(user, cloud);
  for (const code of ['prod-a', 'prod-b', 'test']) cloud.addGateway(code);
});

/** What a line that says what is waited for ends with: it is written over. */
const WRITTEN_OVER = new RegExp(`${String.fromCharCode(27)}\\[\\d*[GK]`);

/** Each kind with the members that the sandbox gives its first one. */
const FIRST = {
  services: { description: 'What services 1 is for' },
  endpoints: { service_id: 'services_1', path: '/v1/1', methods: ['GET', 'POST'] },
  backends: { service_id: 'services_1', url: 'https://backend-1.example/fhir' },
  pipelines: { description: 'What pipelines 1 is for' },
} as const;

describe('lists', () => {
  test('have thirty at first, and say that there are more', async () => {
    const { code, stdout, stderr } = await user.runbeam('services:list');
    const ids = [...stdout.matchAll(/services_\d+$/gm)].map(([id]) => id);
    expect({ code, ids, stderr }).toEqual({
      code: 0,
      ids: Array.from({ length: 30 }, (_, index) => `services_${index + 1}`),
      stderr: 'There are more services: --page 2 shows the next, --all every one\n',
    });
  });

  test('have pages of their own, whatever those of the cloud are', async () => {
    await expectCli(user, 'runbeam services:list --limit 2 --page 9', {
      stdout:
        'NAME         GATEWAY  DESCRIPTION              ID\n' +
        'services 17  gw_1     What services 17 is for  services_17\n' +
        'services 18  gw_2     What services 18 is for  services_18\n',
      stderr: 'There are more services: --page 10 shows the next, --all every one\n',
    });
    await expectCli(user, 'runbeam services:list --limit 500 --page 3', { stdout: 'The list of services has no page 3\n' });
  });

  test.each(Object.entries(FIRST))('%s in JSON, all of them', async (kind, members) => {
    const value = await json(user, `runbeam:${kind}:list`, `runbeam ${kind}:list --all`);
    const items = (value as Record<string, { id: string }[]>)[kind] ?? [];
    expect(items.map(({ id }) => id)).toEqual(Array.from({ length: 1_000 }, (_, index) => `${kind}_${index + 1}`));
    expect(value).toEqual({ [kind]: items, more: false });
    expect(items[0]).toEqual({
      id: `${kind}_1`,
      name: `${kind} 1`,
      code: `${kind}-1`,
      type: kind.slice(0, -1),
      team_id: 'team_1',
      gateway_id: 'gw_1',
      ...members,
    });
  });

  test('are filtered by words, and by gateway', async () => {
    await expectCli(user, 'runbeam gateways:list PROD', {
      stdout: 'NAME            CODE    ID\nGateway prod-a  prod-a  gw_1\nGateway prod-b  prod-b  gw_2\n',
    });
    await expectCli(user, 'runbeam endpoints:list --gateway prod-b 1000', {
      stdout:
        'NAME            PATH      METHODS    SERVICE     ID\nendpoints 1000  /v1/1000  GET, POST  services_1  endpoints_1000\n',
    });
    await expectCli(user, 'runbeam endpoints:list --gateway prod-c', {
      code: 2,
      stderr: 'Error: There is no gateway prod-c; did you mean prod-a?\nRun: runbeam gateways:list\n',
    });
  });

  test('ask for no page that nobody wants', async () => {
    const asked = (): number => cloud.counters.requests['GET /api/backends'] ?? 0;
    const before = asked();
    succeeded(await user.runbeam('backends:list', '--limit', '14'));
    succeeded(await user.runbeam('backends:list', '--limit', '15'));
    // The cloud has fifteen to a page; whether there is a sixteenth is on the second.
    expect(asked() - before).toBe(1 + 2);
  });

  test.each([100, 60, 40])('fit a terminal of %i columns', async (columns) => {
    const line = quoted([...commandOf('runbeam'), 'endpoints:list', '7', '--limit', '4', '--no-pager']);
    const terminal = keep(openTerminal(`${line}; echo END`, { cwd: user.work, env: { ...user.env, TERM: 'xterm' }, columns }));
    await terminal.waitFor(/END/);
    const shown = terminal.shown().split(WRITTEN_OVER).at(-1) ?? '';
    const lines = stripVTControlCharacters(shown).split(/\r?\n/);
    expect(lines.join(' ')).toMatch(/endpoints_7 .*endpoints_17 .*endpoints_27 .*endpoints_37 /);
    expect(Math.max(...lines.map((each) => each.length))).toBeLessThanOrEqual(columns);
  });
});

describe('one', () => {
  test('by id, by name and by its beginning', async () => {
    const stdout =
      'id           pipelines_1000\nname         pipelines 1000\ncode         pipelines-1000\ntype         pipeline\n' +
      'team_id      team_1\ngateway_id   gw_2\ndescription  What pipelines 1000 is for\n';
    for (const name of ['pipelines_1000', 'PIPELINES_1000', 'pipelines_100']) {
      const wanted = name === 'pipelines_100' ? stdout.replaceAll('1000', '100') : stdout;
      await expectCli(user, `runbeam pipelines:get ${name}`, { stdout: wanted });
    }
    expect(await json(user, 'runbeam:gateways:get', 'runbeam gateways:get prod-a')).toEqual({
      id: 'gw_1',
      code: 'prod-a',
      name: 'Gateway prod-a',
      type: 'gateway',
      team_id: 'team_1',
    });
    await expectCli(user, 'runbeam gateways:get tes', {
      stdout: 'id       gw_3\nname     Gateway test\ncode     test\ntype     gateway\nteam_id  team_1\n',
    });
    await expectCli(user, 'runbeam transforms:get transforms_7', {
      stdout:
        'id          transforms_7\nname        transforms 7\ncode        transforms-7\ntype        transform\n' +
        'team_id     team_1\ngateway_id  gw_1\n',
    });
  });

  test('none, and several', async () => {
    await expectCli(user, 'runbeam gateways:get prod-aa', {
      code: 2,
      stderr: 'Error: There is no gateway prod-aa; did you mean prod-a?\nRun: runbeam gateways:list\n',
    });
    await expectCli(user, 'runbeam gateways:get prod', {
      code: 2,
      stderr:
        'Error: Several gateways are called prod: Gateway prod-a (gw_1), Gateway prod-b (gw_2)\nRun: runbeam gateways:get gw_1\n',
    });
    await expectCli(user, 'runbeam transforms:get nope', {
      code: 2,
      stderr: 'Error: There is no transform nope\nHint: A transform is known by its id; pipelines name theirs\n',
    });
  });
});

describe('changes', () => {
  test('wait, are shown, are acknowledged by their ids, and end', async () => {
    const [first, second] = [cloud.addChange('prod-a', '[proxy]\nid = "a"\n'), cloud.addChange('prod-b', 'b = 1\n')];
    const { code, stdout } = await user.runbeam('changes:list', 'prod-b');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(
        /^ID +STATUS +TYPE +GATEWAY +CREATED\nchg_2 +pending +gateway +gw_2 +\d+ s ago \(\d{4}-\d\d-\d\d \d\d:\d\d\)\n$/,
      ),
    });
    await expectCli(user, `runbeam changes:get ${first} --toml`, { stdout: '[proxy]\nid = "a"\n' });
    expect(await json(user, 'runbeam:changes:get', `runbeam changes:get ${second}`)).toMatchObject({
      id: second,
      status: 'pending',
      toml_config: 'b = 1\n',
    });
    await expectCli(user, `runbeam changes:ack ${first} chg_99`, {
      code: 1,
      stdout: `✓ Acknowledged ${first}\n✗ chg_99 was not taken: there is no such change, or it does not wait\n`,
    });
    expect(await json(user, 'runbeam:changes:ack', `runbeam changes:ack ${second}`)).toEqual({
      acknowledged: [second],
      failed: [],
    });
    await expectCli(user, 'runbeam changes:list', { stdout: 'No change waits\n' });
    await expectCli(user, `runbeam changes:applied ${first}`, {
      code: 4,
      stderr:
        "Error: This is a gateway's to do: it takes a machine token in RUNBEAM_MACHINE_TOKEN\n" +
        'Run: export RUNBEAM_MACHINE_TOKEN=$(runbeam token:get -g CODE --raw)\n',
    });
    const { stdout: raw } = succeeded(await user.runbeam('token:get', '-g', 'prod-a', '--new', '--raw'));
    const gateway = { env: { RUNBEAM_MACHINE_TOKEN: raw } };
    await expectCli(user, `runbeam changes:applied ${first}`, { stdout: `✓ Noted that ${first} was applied\n` }, gateway);
    const failed = `runbeam changes:failed ${second} --error wrong --details line-3`;
    await expectCli(user, failed, { stdout: `✓ Noted that ${second} failed\n` }, gateway);
    const unknown = { code: 2, stderr: 'Error: There is no change chg_99\nRun: runbeam changes:list\n' };
    await expectCli(user, 'runbeam changes:applied chg_99', unknown, gateway);
    expect(
      cloud.changes().map(({ id, status, error_message: error, error_details: details }) => [id, status, error, details]),
    ).toEqual([
      [first, 'applied', undefined, undefined],
      [second, 'failed', 'wrong', ['line-3']],
    ]);
  });

  test('of a whole gateway only after a yes', async () => {
    const id = cloud.addChange('test', 'c = 1\n');
    await expectCli(user, 'runbeam changes:ack --gateway test', {
      code: 2,
      stderr: 'Error: There is nobody to ask about 1 change of test\nRun: runbeam changes:ack --gateway test -y\n',
    });
    await expectCli(user, 'runbeam changes:ack --gateway test -y', { stdout: `✓ Acknowledged ${id}\n` });
    await expectCli(user, 'runbeam changes:ack --gateway test -y', {
      code: 2,
      stderr: 'Error: No change waits for test\nRun: runbeam changes:list\n',
    });
    await expectCli(user, 'runbeam changes:ack', {
      code: 2,
      stderr: 'Error: Say which changes: their ids, or --gateway for all of one\nRun: runbeam changes:list\n',
    });
  });
});

describe('a mesh and a reference', () => {
  test('a mesh token is printed and kept nowhere', async () => {
    const { code, stdout, stderr } = await user.runbeam('harmony:mesh-token', 'mesh_1', 'https://other.example.com/x');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^[\w-]{43}\n$/);
    const value = await user.runbeam('harmony:mesh-token', 'mesh_1', 'https://other.example.com/x', '--json');
    expect(fitting('runbeam:harmony:mesh-token', value.stdout)).toMatchObject({ mesh_id: 'mesh_1' });
    await expectCli(user, 'runbeam harmony:mesh-token mesh_1 other', {
      code: 2,
      stderr:
        'Error: The destination is not an http or https address\n' +
        'Run: runbeam harmony:mesh-token MESH https://gateway.example.com/path\n',
    });
  });

  test('a reference is resolved', async () => {
    expect(await json(user, 'runbeam:harmony:resolve', 'runbeam harmony:resolve runbeam.acme.ingress.name.patient_api')).toEqual({
      resource: {
        id: 'ingress_1',
        type: 'ingress',
        name: 'patient_api',
        team_id: 'acme',
        enabled: true,
        urls: ['https://patient_api.example'],
      },
      provider: 'runbeam',
      resolved_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(await user.runbeam('harmony:resolve', '')).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'Error: What was given is no reference\nHint: A reference is PROVIDER.TEAM.TYPE.name.NAME: runbeam.acme.ingress.name.patient_api\n',
    });
    await expectCli(user, 'runbeam harmony:resolve nope', {
      code: 2,
      stderr:
        'Error: Nothing is called nope\n' +
        'Hint: A reference is PROVIDER.TEAM.TYPE.name.NAME: runbeam.acme.ingress.name.patient_api\n',
    });
  });
});

describe('who asks', () => {
  test('a file, or a token for one run, with no login', async () => {
    const stranger = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    const token = await cloud.issueUserToken();
    const file = join(stranger.work, 'ci.yaml');
    writeFileSync(file, `server: ${cloud.origin}\ntoken: ${token}\n`, { mode: 0o600 });
    const stdout = 'id       gw_1\nname     Gateway prod-a\ncode     prod-a\ntype     gateway\nteam_id  team_1\n';
    await expectCli(stranger, `runbeam gateways:get prod-a --config ${file}`, { stdout });
    await expectCli(stranger, `runbeam --config ${file} gateways:get prod-a`, { stdout });
    await expectCli(stranger, 'runbeam gateways:get prod-a', { stdout }, { env: { RUNBEAM_TOKEN: token } });
    expect(stranger.agents()).toEqual([]);
  });
});

describe('what the cloud refuses', () => {
  test('no login', async () => {
    const stranger = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    for (const line of [
      'gateways:list',
      'services:get x',
      'changes:list',
      'harmony:resolve x.y',
      'harmony:mesh-token m https://x.example',
    ]) {
      await expectCli(stranger, `runbeam ${line}`, {
        code: 4,
        stderr: `Error: You are not logged in to Runbeam Cloud at ${cloud.origin}\nRun: runbeam login\n`,
      });
    }
  });

  const host = (): string => new URL(cloud.origin).host;

  test.each([
    [401, {}, 4, () => `Error: ${host()} rejected the session\nRun: runbeam login\n`],
    [
      403,
      {},
      6,
      () =>
        `Error: ${cloud.origin} does not let the login of alice@example.com see or change services (403)\nRun: runbeam verify\n`,
    ],
    [
      429,
      { 'retry-after': '90' },
      5,
      () => `Error: ${cloud.origin} takes no more requests for now (429)\nHint: Try again in 90 s\n`,
    ],
  ] as const)('%i', async (status, headers, code, stderr) => {
    cloud.faults.next('GET /api/services', { status, headers });
    await expectCli(user, 'runbeam services:list', { code, stderr: stderr() });
  });
});
