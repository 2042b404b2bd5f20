/** `harmony:authorize --file`: a list of gateways is made so, twice is the same as once, and `--plan` changes nothing. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startHarmony, type RunbeamCloud } from '../../sandbox/testing.ts';
import { systemClock } from '../../src/clock.ts';
import type { FleetPlanJson } from '../../src/cli/json/runbeam/fleet-plan.ts';
import type { FleetJson } from '../../src/cli/json/runbeam/fleet.ts';
import { readSettings } from '../../src/store/instances/instance-settings.ts';
import { listInstances } from '../../src/store/instances/instances.ts';
import { addToLedger, readLedger } from '../../src/store/instances/token-ledger.ts';
import { cleanup } from '../support/cleanup.ts';
import { startCloudUser } from '../support/cloud.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { expectCli, json } from '../support/expect-cli.ts';
import { startFleet, type Fleet } from '../support/fleet.ts';
import { succeeded } from '../support/login.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let everywhere: CliUser;
let cloud: RunbeamCloud;

beforeAll(async () => {
  ({ cloud, user: everywhere } = await startCloudUser(keepForAll));
});

interface Scene {
  readonly user: CliUser;
  readonly fleet: Fleet;
  readonly file: string;
  /** Writes the file: an entry for each gateway of the fleet, with more lines for some. */
  readonly write: (more?: Readonly<Record<string, string>>, count?: number) => void;
}

async function scene(count: number): Promise<Scene> {
  cloud.faults.clear();
  const fleet = keep(await startFleet({ count }));
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin }, from: everywhere }));
  const file = join(user.work, 'gateways.yaml');
  const write: Scene['write'] = (more = {}, many = count) => {
    const entries = fleet.gateways.slice(0, many).map(({ label, ip }) => {
      return `  - label: ${label}\n    address: ${ip}:${String(fleet.port)}\n${more[label] ?? ''}`;
    });
    writeFileSync(file, `# the fleet\ngateways:\n${entries.join('')}`);
  };
  write();
  return { user, fleet, file, write };
}

const AUTHORIZE = 'runbeam:harmony:authorize';
const plan = async (user: CliUser, args = ''): Promise<FleetPlanJson> =>
  (await json(user, AUTHORIZE, `runbeam harmony:authorize --file gateways.yaml --plan ${args}`.trimEnd(), 0)) as FleetPlanJson;
const apply = async (user: CliUser, args: string, code: number): Promise<FleetJson> =>
  (await json(user, AUTHORIZE, `runbeam harmony:authorize --file gateways.yaml ${args}`.trimEnd(), code)) as FleetJson;

/** Every file of a folder, with what is in it. */
function tree(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
}

test('registers and authorizes; the same again does nothing; what ends soon is renewed; --reissue does all', async () => {
  const { user, fleet } = await scene(3);
  const first = await apply(user, '', 0);
  expect({ counts: first.counts, file: first.file }).toEqual({
    counts: { total: 3, authorized: 3, undelivered: 0, failed: 0, left: 0, perhaps_issued: 0 },
    file: { path: join(user.work, 'gateways.yaml'), added: 3, edited: 0, not_due: 0, not_in_file: [] },
  });
  expect(listInstances(user.homes).map(({ label, ip, pathPrefix }) => ({ label, ip, pathPrefix }))).toEqual(
    fleet.gateways.map(({ label, ip }) => ({ label, ip, pathPrefix: 'admin' })),
  );
  const issued = cloud.issued().length;
  await expectCli(user, 'runbeam harmony:authorize --file gateways.yaml', {
    code: 0,
    stdout: '✓ 3 with a machine token that is not due, and not authorized again\n',
  });
  expect(cloud.issued()).toHaveLength(issued);
  const [serial] = readLedger(user.homes).map((entry) => entry.serial);
  const soon = { serial: serial ?? '', expiresAt: new Date(Date.now() + 4 * 86_400_000).toISOString() };
  await addToLedger({ homes: user.homes, clock: systemClock }, [soon]);
  expect((await plan(user, '-q')).counts).toMatchObject({ renewed: 1, untouched: 2 });
  expect((await apply(user, '-q', 0)).counts).toMatchObject({ total: 1, authorized: 1 });
  expect(cloud.issued()).toHaveLength(issued + 1);
  expect((await apply(user, '--reissue', 0)).counts).toMatchObject({ total: 3, authorized: 3 });
});

test('--plan says what differs and what is not in the file, and changes nothing', async () => {
  const { user, fleet, write } = await scene(4);
  write({}, 2);
  await apply(user, '', 0);
  succeeded(await user.runbeam('harmony:add', '127.0.0.1:9', '-l', 'old', '--no-check'));
  write({ 'gw-00001': '    prefix: manage\n    renew: auto\n', 'gw-00002': '    tls: true\n', 'gw-00003': '    via: harmony\n' });
  const before = tree(user.home);
  const { gateways, counts, not_in_file } = await plan(user);
  expect(counts).toEqual({ total: 4, added: 2, edited: 1, authorized: 2, renewed: 0, delivered: 0, untouched: 1 });
  expect(not_in_file.map(({ label }) => label)).toEqual(['old']);
  expect(gateways.map(({ label, line, entry, changes, token, via }) => ({ label, line, entry, changes, token, via }))).toEqual([
    { label: 'gw-00000', line: 3, entry: 'keep', changes: [], token: 'keep', via: 'cloud' },
    {
      label: 'gw-00001',
      line: 5,
      entry: 'edit',
      changes: [
        { name: 'prefix', from: 'admin', to: 'manage' },
        { name: 'renew', to: 'auto' },
      ],
      token: 'keep',
      via: 'cloud',
    },
    { label: 'gw-00002', line: 9, entry: 'add', changes: [{ name: 'tls', to: 'only https' }], token: 'authorize', via: 'cloud' },
    { label: 'gw-00003', line: 12, entry: 'add', changes: [], token: 'authorize', via: 'harmony' },
  ]);
  const { stdout, stderr, code } = await user.runbeam('harmony:authorize', '--file', 'gateways.yaml', '--plan');
  expect({ stdout, stderr, code }).toEqual({
    code: 0,
    stderr: '',
    stdout: expect.stringMatching(
      new RegExp(
        `^GATEWAY   ENTRY +TOKEN
gw-00001  edit prefix admin to manage, renew auto +- ends in 30 days \\(.*\\)
gw-00002  add 127\\.1\\.0\\.3:${String(fleet.port)}/admin, tls only https +authorize
gw-00003  add 127\\.1\\.0\\.4:${String(fleet.port)}/admin +authorize, handed your session
2 to add, 1 to edit, 2 to authorize, 1 untouched\\. Nothing was changed
Registered, not in the file, and left as they are: old
Run: runbeam harmony:authorize --file gateways\\.yaml
$`,
      ),
    ) as string,
  });
  expect(tree(user.home)).toEqual(before);
});

test('a gateway that moved keeps its id and its token; two may exchange their addresses', async () => {
  const { user, fleet, file } = await scene(2);
  await apply(user, '', 0);
  const before = listInstances(user.homes);
  const [a, b] = fleet.gateways;
  const port = String(fleet.port);
  writeFileSync(
    file,
    `gateways:\n  - {label: gw-00000, ip: ${b?.ip ?? ''}, port: ${port}}\n  - {label: renamed, ip: ${a?.ip ?? ''}, port: ${port}}\n`,
  );
  const { code, stderr } = await user.runbeam('harmony:authorize', '--file', 'gateways.yaml');
  expect([code, stderr]).toEqual([2, expect.stringContaining('gateways.yaml:2 means several that are registered: gw-00000 (')]);
  expect(listInstances(user.homes)).toEqual(before);
  writeFileSync(
    file,
    `gateways:\n  - {label: gw-00000, ip: ${b?.ip ?? ''}, port: ${port}}\n  - {label: gw-00001, ip: ${a?.ip ?? ''}, port: ${port}}\n`,
  );
  expect((await apply(user, '', 0)).file).toMatchObject({ edited: 2, not_due: 2 });
  expect(listInstances(user.homes).map(({ id, ip }) => ({ id, ip }))).toEqual([
    { id: before[0]?.id, ip: b?.ip },
    { id: before[1]?.id, ip: a?.ip },
  ]);
});

test('settings are those of the file: a CA beside it, plain http, renewal', async () => {
  const { user, file } = await scene(1);
  writeFileSync(file, 'gateways:\n  - label: far\n    address: 192.0.2.1:8081\n    allow_plaintext: true\n    renew: off\n');
  expect((await plan(user)).gateways[0]?.changes).toEqual([{ name: 'plaintext', to: 'allowed' }]);
  writeFileSync(file, 'gateways:\n  - label: far\n    address: http://192.0.2.1:8081\n');
  const { code, stderr } = await user.runbeam('harmony:authorize', '--file', 'gateways.yaml', '--plan');
  expect([code, stderr]).toEqual([
    6,
    expect.stringMatching(/gateways\.yaml:2 .*\nHint: Write https, or `allow_plaintext: true`, in line 2 of .*gateways\.yaml\n$/),
  ]);
});

test('one that takes no tokens is handed the session where the file says so, with a yes; --resume knows of it', async () => {
  const { user, file } = await scene(1);
  const old = keep(await startHarmony({ cloud: cloud.origin, version: '0.4' }));
  writeFileSync(file, `gateways:\n  - label: old\n    address: 127.0.0.1:${String(old.port)}\n    via: harmony\n`);
  await expectCli(user, 'runbeam harmony:authorize --file gateways.yaml', {
    code: 2,
    stderr:
      'Error: Your session would be handed to 1 gateway, and nobody is there to agree\nHint: Give -y to do it without being asked\n',
  });
  expect(listInstances(user.homes)).toEqual([]);
  old.faults.next('POST /admin/authorize', { status: 503, times: Infinity });
  expect((await apply(user, '-y', 5)).resume).toBe('runbeam harmony:authorize --resume');
  old.faults.clear();
  await expectCli(user, 'runbeam harmony:authorize --resume', {
    code: 2,
    stderr:
      'Error: Your session would be handed to 1 gateway, and nobody is there to agree\nHint: Give -y to do it without being asked\n',
  });
  const resumed = (await json(user, AUTHORIZE, 'runbeam harmony:authorize --resume -y', 0)) as FleetJson;
  expect(resumed.counts).toMatchObject({ total: 1, authorized: 1 });
  expect((await apply(user, '', 0)).file).toMatchObject({ not_due: 1 });
});

describe('a file that is wrong is told by its line, and nothing is done', () => {
  const key = 'AGE-SECRET-KEY-1'.padEnd(74, 'Q');
  test.each([
    ['gateway:\n', 2, 'gateways.yaml:1 has `gateway`, which a file of gateways has not; did you mean gateways?'],
    ['gateways:\n', 2, 'gateways.yaml:1 has no list of `gateways`'],
    ['gateways:\n  - address: a:1\n', 2, 'gateways.yaml:2 has a gateway without a `label`'],
    ['gateways:\n  - label: a\n', 2, 'gateways.yaml:2 has no `address` for a'],
    [
      'gateways:\n  - label: a\n    adress: a:1\n',
      2,
      'gateways.yaml:3 has `adress`, which a gateway has not; did you mean address?',
    ],
    [
      'gateways:\n  - label: a\n    ip: 10.0.0.1\n    port: high\n',
      2,
      'gateways.yaml:4 has a wrong `port`: it takes a number from 1 to 65535',
    ],
    [
      'gateways:\n  - label: a\n    ip: 10.0.0.1\n    renew: on\n',
      2,
      'gateways.yaml:4 has a wrong `renew`: it takes auto or off',
    ],
    [
      'gateways:\n  - label: a\n    ip: 10.0.0.1\n    tls: "yes"\n',
      2,
      'gateways.yaml:4 has a wrong `tls`: it takes true or false',
    ],
    [
      'gateways:\n  - label: 17\n    ip: 10.0.0.1\n',
      2,
      'gateways.yaml:2 has a wrong `label`: it takes text, in quotes where it looks like a number',
    ],
    ['gateways:\n  - label: a\n    address: a:1\n    ip: b\n', 2, 'gateways.yaml:2 has both `address` and `ip` or `port` for a'],
    [
      'gateways:\n  - {label: a, address: "a:1"}\n  - {label: a, address: "b:1"}\n',
      2,
      'gateways.yaml:3 has the label a again; line 2 has it, too',
    ],
    ['gateways:\n  - {label: a, address: "a:1"}\n  - {label: b, address: "a:1"}\n', 2, 'gateways.yaml:3 has the address of a'],
    ['gateways:\n  - label: a\n    address: ftp://a\n', 2, 'gateways.yaml:2 ftp://a is no address of a gateway'],
    [
      'gateways:\n  - label: a\n    address: u:p@a:1\n',
      2,
      'gateways.yaml:2 An address of a gateway holds no user name and no password',
    ],
    ['gateways:\n  - label: a\n    address: a:1\n    ca_file: none.pem\n', 2, 'none.pem'],
    ['gateways:\n  - label: a\n    address: a:1\n    token: 17|x\n', 6, 'gateways.yaml:4 holds a secret (`token`)'],
    [`gateways:\n  - label: a\n    address: a:1 # ${key}\n`, 6, 'gateways.yaml:3 holds a secret (`a token or a key`)'],
    ['gateways:\n  - {label: a, "encryption_key": x}\n', 6, 'gateways.yaml:2 holds a secret (`encryption_key`)'],
    ['gateways: &a\n  - *a\n', 2, 'gateways.yaml:1 has an anchor or an alias'],
    [`gateways:\n  - {${'a: [], '.repeat(4_000)}}\n`, 2, 'gateways.yaml:2 goes on for too long'],
    ['gateways:\n  - label: a\n   b\n', 2, 'is not valid yaml'],
  ])('%j', async (text, code, message) => {
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin }, from: everywhere }));
    writeFileSync(join(user.work, 'gateways.yaml'), text);
    const ran = await user.runbeam('harmony:authorize', '--file', 'gateways.yaml');
    expect([ran.code, ran.stdout, ran.stderr]).toEqual([code, '', expect.stringContaining(message)]);
    expect(ran.stderr).not.toContain(key);
    expect(ran.stderr).toMatch(/\n(?:Hint|Run): .+\n$/);
    expect(listInstances(user.homes)).toEqual([]);
  });

  test('there is no such file', async () => {
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin }, from: everywhere }));
    const { code, stderr } = await user.runbeam('harmony:authorize', '--file', 'none.yaml');
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^Error: There is no file .*none\.yaml\nRun: ls -ld /)]);
  });
});

test('thousands of entries are read, and the long list is no reason to refuse it', async () => {
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin }, from: everywhere }));
  const entries = Array.from(
    { length: 3_000 },
    (_, at) => `  - label: gw-${String(at)}\n    address: 10.0.${String(at >> 8)}.${String(at & 255)}:8081\n`,
  );
  writeFileSync(join(user.work, 'gateways.yaml'), `gateways:\n${entries.join('')}`);
  expect((await plan(user)).counts).toMatchObject({ total: 3_000, added: 3_000, authorized: 3_000 });
});

test('the settings that came with the file are read back', async () => {
  const { user, write } = await scene(1);
  write({ 'gw-00000': '    renew: auto\n' });
  await apply(user, '', 0);
  const [instance] = listInstances(user.homes);
  expect(readSettings(user.homes, instance?.id ?? '')).toEqual({ renew: 'auto' });
});
