/** Servers that answer wrongly, slowly or never: a clear error, the right exit code, and nothing is lost. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startHarmony, startRunbeamCloud, type Fault } from '../../sandbox/testing.ts';
import { expireSession, logIn, logInToCloud, succeeded } from '../support/login.ts';
import { expectPlainError } from '../support/expect-cli.ts';
import { cleanup } from '../support/cleanup.ts';
import { startEdgeUser } from '../support/edge.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['HTML', { html: true }],
  ['500 with a page', { status: 500, html: true }],
  ['an empty answer', { status: 200, body: '' }],
  ['a reset', { reset: true }],
  ['half a document', { body: '{"device_code_url": "' }],
  ['a redirect elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }],
];

/** The account files as they are on the disk. */
function accounts(user: CliUser): Record<string, string> {
  const folder = join(user.home, '.beamd/accounts');
  return Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

describe.each(FAULTS)('%s', (_name, fault) => {
  // Never 4: only a server that says that it has no device login is called self-hosted.
  test('login fails with exit 5 and saves nothing', async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    edge.faults.next('*', { ...fault, times: Infinity });
    const ran = await user.beamd('login', '--server', edge.origin);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${edge.port}`);
    expect(succeeded(await user.beamd('accounts')).stdout).toBe('You are not logged in anywhere\nRun: beamd login\n');
  });

  test('a refresh of orgs or session that fails is exit 5, and both are kept', async () => {
    const { edge, user } = await startEdgeUser(keep);
    const orgs = await user.beamd('orgs');
    await expireSession(user, edge);
    const before = accounts(user);

    edge.faults.next('POST /token', { ...fault, times: Infinity });
    const token = await user.beamd('token');
    expect({ code: token.code, stdout: token.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(token.stderr, `127.0.0.1:${edge.port}`);
    expect(accounts(user)).toEqual(before);

    edge.faults.clear();
    succeeded(await user.beamd('agent', 'stop'));
    expect((await user.beamd('token')).code).toBe(0);

    edge.faults.next('GET /api/scopes', { ...fault, times: Infinity });
    const refreshed = await user.beamd('orgs', '--refresh');
    expect({ code: refreshed.code, stdout: refreshed.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(refreshed.stderr, `127.0.0.1:${edge.port}`);
    expect(await user.beamd('orgs')).toEqual(orgs);
  });

  test('harmony:info fails with exit 5', async () => {
    const gateway = keep(await startHarmony());
    const user = keep(createCliUser());
    succeeded(await user.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'gateway'));
    gateway.faults.next('*', { ...fault, times: Infinity });
    const ran = await user.runbeam('harmony:info', '-l', 'gateway');
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${gateway.port}`);
  });

  test('runbeam login fails with exit 5', async () => {
    const cloud = keep(await startRunbeamCloud());
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    cloud.faults.next('*', { ...fault, times: Infinity });
    const ran = await user.runbeam('login');
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${cloud.port}`);
  });
});

test('nobody listens: exit 5 names the host', async () => {
  const edge = await startBeamAuthEdge();
  await edge.close();
  const user = keep(createCliUser());
  const ran = await user.beamd('login', '--server', edge.origin);
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
  expectPlainError(ran.stderr, `127.0.0.1:${edge.port}`);
});

test('polls that are reset, refused or slow do not end a login', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  edge.faults.next('POST /token', { reset: true });
  edge.faults.next('POST /token', { status: 503, html: true });
  expect((await logIn(user, edge)).code).toBe(0);
});

test('an outage is no logout: a session that cannot be refreshed is there when the server is back', async () => {
  const cloud = keep(await startRunbeamCloud());
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await logInToCloud(user, cloud);
  cloud.faults.next('*', { status: 503, html: true, times: Infinity });
  // Not `verify`: for a while that takes the keys of the cloud as they were.
  const away = await user.runbeam('gateways:list');
  expect(away.code).toBe(5);
  cloud.faults.clear();
  expect((await user.runbeam('gateways:list')).code).toBe(0);
  expect((await user.runbeam('verify')).code).toBe(0);
});
