/** What Runbeam Cloud, gateways and the files of instances say, on its way to a terminal: nothing that it would act on arrives. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Harmony, RunbeamCloud } from '../../sandbox/testing.ts';
import { listInstances } from '../../src/store/instances/instances.ts';
import { instanceSettingsFile, instancesFile, ledgerFile } from '../../src/store/paths.ts';
import { cleanup } from '../support/cleanup.ts';
import { startAuthorized } from '../support/cloud.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { EVIL, expectAllClean, expectClean } from '../support/hostile-text.ts';

const keep = cleanup(afterAll);
/** Longer than any screen. */
const HUGE = EVIL.repeat(40);
const RESOURCES = ['gateways', 'services', 'endpoints', 'backends', 'pipelines'] as const;
let cloud: RunbeamCloud;
let gateway: Harmony;
let user: CliUser;

beforeAll(async () => {
  ({ cloud, gateway, user } = await startAuthorized(keep, 'gw'));
});

afterEach(() => {
  for (const server of [cloud, gateway]) server.faults.clear();
});

test('what Runbeam Cloud keeps', async () => {
  const texts = {
    name: HUGE,
    code: EVIL,
    type: EVIL,
    description: HUGE,
    path: EVIL,
    url: EVIL,
    methods: [EVIL, EVIL],
    status: EVIL,
  };
  const item = {
    id: EVIL,
    team_id: EVIL,
    gateway_id: EVIL,
    service_id: EVIL,
    created_at: EVIL,
    error: EVIL,
    ...texts,
    [EVIL]: EVIL,
  };
  const json = { data: item, meta: { provider: EVIL, resolved_at: EVIL }, token: EVIL, expires_at: EVIL, mesh_id: EVIL };
  const say = (route: string, answer: unknown): void => cloud.faults.next(route, { json: answer, times: Infinity });
  const lists = [...RESOURCES.map((kind) => `GET /api/${kind}`), 'GET /api/harmony/changes'];
  for (const route of lists) say(route, { data: [item, item] });
  for (const kind of [...RESOURCES, 'transforms', 'harmony/change']) say(`GET /api/${kind}/:id`, json);
  say('POST /api/harmony/changes/acknowledge', { acknowledged: [EVIL], failed: [EVIL] });
  say('GET /api/harmony/resources/resolve', json);
  say('POST /api/harmony/mesh/token', json);
  for (const line of [
    ...RESOURCES.flatMap((kind) => [`${kind}:list`, `${kind}:get x`]),
    ...['transforms:get x', 'changes:list', 'changes:get x', 'changes:ack x', 'harmony:resolve runbeam.acme.ingress.name.x'],
  ])
    await expectAllClean(user, [`runbeam ${line}`]);
  // A token that would act on a terminal is none.
  const mesh = await user.runbeam('harmony:mesh-token', 'mesh_1', 'https://other.example.com/x');
  expectClean('harmony:mesh-token', mesh);
  expect([mesh.code, mesh.stdout]).toEqual([5, '']);
});

test('refusals and answers that are none', async () => {
  const refusal = { message: HUGE, error: EVIL, errors: { [EVIL]: [EVIL] } };
  const lines = [
    'gateways:list',
    'changes:list',
    'harmony:resolve runbeam.a.b.name.c',
    'harmony:renew gw',
    'harmony:authorize --all -y',
  ];
  for (const [code, fault] of [
    [1, { status: 422, json: refusal }],
    [2, { status: 404, json: refusal }],
    [5, { body: HUGE }],
  ] as const) {
    cloud.faults.next('*', { ...fault, times: Infinity });
    for (const line of lines) {
      const [text, json] = [await user.runbeam(...line.split(' ')), await user.runbeam(...line.split(' '), '--json')];
      expectClean(line, text);
      expectClean(line, json);
      expect(() => JSON.parse(json.stdout) as unknown, line).not.toThrow();
      expect([line, text.code, json.code]).toEqual([line, code, code]);
    }
    cloud.faults.clear();
  }
});

test('what a gateway says when it is added, asked and edited', async () => {
  gateway.faults.next('*', { json: { version: HUGE, uptime: EVIL, os: EVIL, arch: EVIL, message: EVIL }, times: Infinity });
  await expectAllClean(user, [
    'runbeam harmony:status --all',
    'runbeam harmony:info gw',
    'runbeam harmony:edit gw --renew auto',
    'runbeam harmony:list --check',
    'runbeam harmony:list',
  ]);
});

test('files of instances', async () => {
  const copy = keep(createCliUser({ from: user, env: { RUNBEAM_API_URL: cloud.origin } }));
  const [instance] = listInstances(copy.homes);
  const id = instance?.id ?? expect.fail('no instance');
  const registered = readFileSync(instancesFile(copy.homes), 'utf8');
  writeFileSync(instancesFile(copy.homes), registered.replace('"gw"', JSON.stringify(EVIL)));
  const seen = { at: '2026-01-01T00:00:00Z', version: HUGE };
  writeFileSync(instanceSettingsFile(copy.homes, id), JSON.stringify({ plaintext_to: EVIL, renew: 'auto', ca: EVIL, seen }));
  const line = {
    serial: EVIL,
    state: 'delivered',
    asked_at: '2026-01-01T00:00:00Z',
    cloud: EVIL,
    gateway_code: HUGE,
    gateway_id: EVIL,
  };
  const ends = new Date(Date.now() + 3_600_000).toISOString();
  appendFileSync(
    ledgerFile(copy.homes),
    `${EVIL}\n${JSON.stringify({ ...line, expires_at: ends })}\n${JSON.stringify({ ...line, serial: 's', expires_at: EVIL })}\n`,
  );
  const prometheus = join(copy.work, 'x.prom');
  await expectAllClean(copy, [
    'runbeam harmony:list',
    'runbeam harmony:status --all',
    `runbeam harmony:info --id ${id}`,
    `runbeam harmony:edit --id ${id} --renew off`,
    'runbeam harmony:tokens --all',
    `runbeam harmony:tokens --prometheus ${prometheus} --ics ${prometheus}.ics --html ${prometheus}.html`,
    'runbeam harmony:renew --all',
    'runbeam harmony:authorize --all -y',
    `runbeam harmony:rotate-key --id ${id} -y`,
    `runbeam harmony:export --id ${id} --format env`,
    'runbeam doctor',
    `runbeam harmony:revoke --id ${id} -y`,
  ]);
  const seenBy = JSON.parse((await copy.runbeam('harmony:list', '--json')).stdout) as { instances: { plaintext?: true }[] };
  // Leave for another address is none for this one.
  expect(seenBy.instances.map(({ plaintext }) => plaintext)).toEqual([undefined]);
});
