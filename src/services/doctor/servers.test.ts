/** What the doctors say of servers, which they ask. */
import { beforeEach, expect, test } from 'vitest';
import { startTestServer } from '../../net/net.testing.ts';
import { addInstance } from '../../store/instances/instances.ts';
import { saveAccount, testContexts, type TestContext } from '../services.testing.ts';
import { healthy, lookAt, SERVER, wrongWith } from './doctor.testing.ts';

const newContext = testContexts();

let context: TestContext;

beforeEach(async () => {
  context = await healthy(newContext());
});

test('one that answers, and one where nobody is', async () => {
  const server = await startTestServer({});
  await saveAccount(context, server.origin);
  await context.accounts.withLock(SERVER, (locked) => locked.remove());
  const ours = (one: Record<string, unknown>): boolean => one['check'] === 'servers';
  expect((await lookAt(context, 'beamd', { offline: false })).filter(ours)).toEqual([
    { check: 'servers', level: 'ok', message: `${server.origin} answers` },
    { check: 'servers', level: 'ok', message: "This machine's clock agrees with theirs" },
  ]);
  expect(server.asked.map(({ call, headers }) => [call, headers.authorization])).toEqual([['GET /', undefined]]);
  await server.close();
  expect((await lookAt(context, 'beamd', { offline: false })).filter(ours)).toEqual([
    {
      check: 'servers',
      level: 'error',
      message: `Cannot reach ${server.host}: nothing listens there`,
      hint: 'Check the network, a VPN and HTTPS_PROXY',
    },
  ]);
});

test('a clock that is wrong, by the server that differs most', async () => {
  const server = await startTestServer({ 'GET /': () => [200, {}, { date: new Date(Date.now() + 1_800_000).toUTCString() }] });
  await saveAccount(context, server.origin);
  await context.accounts.withLock(SERVER, (locked) => locked.remove());
  expect(await wrongWith(context, 'beamd', { offline: false })).toEqual([
    {
      check: 'servers',
      level: 'warning',
      message: `This machine's clock is 30 min behind ${server.origin}`,
      hint: 'Set it right',
    },
  ]);
  await server.close();
});

test('a gateway that is switched off is a warning', async () => {
  await context.accounts.withLock(SERVER, (locked) => locked.remove());
  const server = await startTestServer({});
  await server.close();
  await addInstance(context, { ip: '127.0.0.1', port: server.port, label: 'shop', pathPrefix: 'admin' });
  const found = (await wrongWith(context, 'runbeam', { offline: false })).filter(({ check }) => check === 'servers');
  expect(found).toEqual([
    {
      check: 'servers',
      level: 'warning',
      message: `Gateway shop (${server.origin}): Cannot reach ${server.host}: nothing listens there`,
      hint: 'Start it, or see runbeam harmony:list',
    },
  ]);
});
