/** `runbeam harmony:rotate-key` against gateways of both kinds, killed wherever a server is asked. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { HarmonyVersion } from '../../sandbox/harmony/versions.ts';
import { cleanup } from '../support/cleanup.ts';
import type { Ran } from '../support/cli-user.ts';
import { expectCli, fitting } from '../support/expect-cli.ts';
import { keyedGateway, keyIn, leftOf, storedToken, type KeyedGateway } from '../support/gateway-key.ts';
import { succeeded } from '../support/login.ts';

const keep = cleanup(afterEach);

const world = (version: HarmonyVersion): Promise<KeyedGateway> => keyedGateway(keep, { version });

const rotate = ({ user, config }: KeyedGateway, ...args: string[]): Promise<Ran> =>
  user.runbeam('harmony:rotate-key', 'gw', '--config', config, '--json', ...args);

test('a gateway of 0.12 gets a new key and a new token; the old ones stay until --finish', async () => {
  const it = await world('0.12');
  const { user, cloud, config, folder } = it;
  succeeded(await user.runbeam('harmony:authorize', '-l', 'gw', '-y', '--config', config));
  const before = { key: keyIn(join(folder, 'encryption.key')), token: await storedToken(it) };

  const ran = succeeded(await rotate(it));
  expect(fitting('runbeam:harmony:rotate-key', ran.stdout)).toMatchObject({ state: 'rotated' });
  expect(keyIn(join(folder, 'encryption.key'))).not.toBe(before.key);
  expect(keyIn(join(folder, 'encryption.key.previous'))).toBe(before.key);
  expect(await storedToken(it, 'auth.json.previous', 'encryption.key.previous')).toEqual(before.token);
  expect(await storedToken(it)).toMatchObject({ machine_token: cloud.issued()[1]?.machineToken });
  // The gateway sealed its own copy to the key that it was sent.
  expect(await it.harmony.storedToken(keyIn(join(folder, 'encryption.key')))).toMatchObject({
    machine_token: cloud.issued()[1]?.machineToken,
  });

  // Again: there is nothing more to do, and nothing more is issued.
  succeeded(await rotate(it));
  expect(cloud.issued()).toHaveLength(2);
  await expectCli(user, 'runbeam harmony:rotate-key -l gw --abort', {
    code: 1,
    stderr:
      'Error: The gateway has the new key already: the old one cannot come back by itself\n' +
      `Run: runbeam harmony:rotate-key --id ${it.id} --finish\n`,
  });
  succeeded(await rotate(it, '--finish'));
  expect(leftOf(it)).toEqual([]);
  expect(await storedToken(it)).toMatchObject({ machine_token: cloud.issued()[1]?.machineToken });
});

test('a gateway of 0.4 is handed the session, and only if that is said', async () => {
  const it = await world('0.4');
  const refused = await it.user.runbeam('harmony:rotate-key', '-l', 'gw', '--config', it.config);
  expect(refused).toEqual({
    code: 6,
    stdout: '',
    stderr: expect.stringContaining(`Run: runbeam harmony:rotate-key --id ${it.id} --via harmony\n`),
  });
  await expectCli(it.user, 'runbeam harmony:rotate-key -l gw --finish', {
    code: 1,
    stderr: `Error: The gateway does not have the new key yet\nRun: runbeam harmony:rotate-key --id ${it.id}\n`,
  });
  expect(fitting('runbeam:harmony:rotate-key', succeeded(await rotate(it, '--via', 'harmony')).stdout)).toMatchObject({
    state: 'rotated',
  });
  succeeded(await rotate(it, '--finish'));
  expect(leftOf(it)).toEqual([]);
});

test('--abort puts the old key back, as it was', async () => {
  const it = await world('0.12');
  const files = ['encryption.key', 'configured-key.json'].map((name) => join(it.folder, name));
  const before = files.map((file) => readFileSync(file, 'utf8'));
  it.harmony.faults.next('POST /admin/token', { status: 503 });
  const ran = await rotate(it);
  expect({ code: ran.code, value: fitting('runbeam:harmony:rotate-key', ran.stdout) }).toMatchObject({
    code: 7,
    value: { state: 'undelivered' },
  });
  succeeded(await rotate(it, '--abort'));
  expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual(before);
  expect(leftOf(it)).toEqual([]);
});

test.each([
  ['before the cloud issued', 'cloud', 'POST /api/harmony/authorize', { hang: true }, 1],
  ['after it issued, unheard', 'cloud', 'POST /api/harmony/authorize', { hold: new Promise<never>(() => undefined) }, 2],
  ['before the gateway took it', 'harmony', 'POST /admin/token', { hang: true }, 1],
  ['after the gateway took it, unheard', 'harmony', 'POST /admin/token', { hold: new Promise<never>(() => undefined) }, 1],
] as const)('killed %s, the same command goes on', async (_when, at, route, fault, issued) => {
  const it = await world('0.12');
  const server = it[at];
  server.faults.next(route, fault);
  const requests = (): number => server.counters.requests[route] ?? 0;
  const dying = it.user.start('runbeam', ['harmony:rotate-key', '-l', 'gw', '--config', it.config]);
  await expect.poll(requests, { timeout: 60_000 }).toBe(1);
  if ('hold' in fault && at === 'cloud') await expect.poll(() => it.cloud.issued().length).toBe(1);
  dying.kill('SIGKILL');
  await dying.done.catch(() => undefined);
  const next = keyIn(join(it.folder, 'encryption.key'));

  expect(fitting('runbeam:harmony:rotate-key', succeeded(await rotate(it)).stdout)).toMatchObject({ state: 'rotated' });
  // The exchange that was begun was gone on with, and what was issued and kept was not issued again.
  expect(keyIn(join(it.folder, 'encryption.key'))).toBe(next);
  expect(it.cloud.issued()).toHaveLength(issued);
  expect(await storedToken(it)).toMatchObject({ machine_token: it.cloud.issued().at(-1)?.machineToken });
  succeeded(await rotate(it, '--finish'));
  expect(leftOf(it)).toEqual([]);
});

test('killed before the new key was in its place, it begins again, and --abort does no harm', async () => {
  const it = await world('0.12');
  succeeded(await it.user.runbeam('harmony:authorize', '-l', 'gw', '-y', '--config', it.config));
  const old = keyIn(join(it.folder, 'encryption.key'));
  it.harmony.faults.next('POST /admin/token', { status: 503 });
  expect((await rotate(it)).code).toBe(7);
  // As it is between the two last writes.
  writeFileSync(join(it.folder, 'encryption.key'), readFileSync(join(it.folder, 'encryption.key.previous')), { mode: 0o600 });
  expect((await rotate(it, '--finish')).code).toBe(1);
  succeeded(await rotate(it, '--abort'));
  expect([keyIn(join(it.folder, 'encryption.key')), leftOf(it)]).toEqual([old, []]);
  expect(await storedToken(it)).toMatchObject({ machine_token: it.cloud.issued()[0]?.machineToken });
  rmSync(join(it.folder, 'pending.json.age'));
  succeeded(await rotate(it));
  expect(existsSync(join(it.folder, 'encryption.key.previous'))).toBe(true);
});
