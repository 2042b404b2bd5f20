/** Servers that answer wrongly, slowly or never: a clear error, the right exit code, and nothing is lost. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startHarmony, startRunbeamCloud, type Fault } from '../sandbox/testing.ts';
import { logIn, logInToCloud, succeeded } from './support/login.ts';
import { expectPlainError } from './support/says.ts';
import { closing } from './support/together.ts';
import { createWorld, type World } from './support/world.ts';

const keep = closing();

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['HTML', { html: true }],
  ['500 with a page', { status: 500, html: true }],
  ['an empty answer', { status: 200, body: '' }],
  ['a reset', { reset: true }],
  ['half a document', { body: '{"device_code_url": "' }],
  ['a redirect elsewhere', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }],
];

/** The account files as they are on the disk. */
function accounts(world: World): Record<string, string> {
  const folder = join(world.home, '.beamd/accounts');
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
    const world = keep(createWorld());
    edge.faults.next('*', { ...fault, times: Infinity });
    const ran = await world.beamd('login', '--server', edge.origin);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${edge.port}`);
    expect(succeeded(await world.beamd('accounts')).stdout).toBe('You are not logged in anywhere. Run: beamd login\n');
  });

  test('a refresh of orgs or session that fails is exit 5, and both are kept', async () => {
    const edge = keep(await startBeamAuthEdge({ expiresIn: 1 }));
    const world = keep(createWorld());
    await logIn(world, edge);
    const orgs = await world.beamd('orgs');
    const before = accounts(world);
    await new Promise((resolve) => setTimeout(resolve, 1_000));

    edge.faults.next('POST /token', { ...fault, times: Infinity });
    const token = await world.beamd('token');
    expect({ code: token.code, stdout: token.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(token.stderr, `127.0.0.1:${edge.port}`);
    expect(accounts(world)).toEqual(before);

    edge.faults.clear();
    edge.setExpiresIn(3600);
    succeeded(await world.beamd('agent', 'stop'));
    expect((await world.beamd('token')).code).toBe(0);

    edge.faults.next('GET /api/scopes', { ...fault, times: Infinity });
    const refreshed = await world.beamd('orgs', '--refresh');
    expect({ code: refreshed.code, stdout: refreshed.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(refreshed.stderr, `127.0.0.1:${edge.port}`);
    expect(await world.beamd('orgs')).toEqual(orgs);
  });

  test('harmony:info fails with exit 5', async () => {
    const gateway = keep(await startHarmony());
    const world = keep(createWorld());
    succeeded(await world.runbeam('harmony:add', '-p', String(gateway.port), '-l', 'gateway'));
    gateway.faults.next('*', { ...fault, times: Infinity });
    const ran = await world.runbeam('harmony:info', '-l', 'gateway');
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${gateway.port}`);
  });

  test('runbeam login fails with exit 5', async () => {
    const cloud = keep(await startRunbeamCloud());
    const world = keep(createWorld({ env: { RUNBEAM_API_URL: cloud.origin } }));
    cloud.faults.next('*', { ...fault, times: Infinity });
    const ran = await world.runbeam('login');
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${cloud.port}`);
  });
});

test('nobody listens: exit 5 names the host', async () => {
  const edge = await startBeamAuthEdge();
  await edge.close();
  const world = keep(createWorld());
  const ran = await world.beamd('login', '--server', edge.origin);
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
  expectPlainError(ran.stderr, `127.0.0.1:${edge.port}`);
});

test('polls that are reset, refused or slow do not end a login', async () => {
  const edge = keep(await startBeamAuthEdge());
  const world = keep(createWorld());
  edge.faults.next('POST /token', { reset: true });
  edge.faults.next('POST /token', { status: 503, html: true });
  expect((await logIn(world, edge)).code).toBe(0);
});

test('an outage is no logout: a session that cannot be refreshed is there when the server is back', async () => {
  const cloud = keep(await startRunbeamCloud());
  const world = keep(createWorld({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await logInToCloud(world, cloud);
  cloud.faults.next('*', { status: 503, html: true, times: Infinity });
  const away = await world.runbeam('verify');
  expect(away.code).toBe(5);
  cloud.faults.clear();
  expect((await world.runbeam('verify')).code).toBe(0);
});
