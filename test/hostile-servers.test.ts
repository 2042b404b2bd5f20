/** Servers that answer wrongly, slowly or never: a clear error, the right exit code, and nothing is lost. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startHarmony, startRunbeamCloud, type Fault } from '../sandbox/testing.ts';
import { logIn, logInToCloud, succeeded } from './support/login.ts';
import { closing } from './support/together.ts';
import { createWorld, type World } from './support/world.ts';

const keep = closing();

/** Milliseconds: longer than any call may take. */
const PATIENCE = 30_000;

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

function expectPlainError(stderr: string, host: string): void {
  expect(stderr).toMatch(/^Error: .+\n(?:(?:Hint|Run): .+\n)?$/);
  expect(stderr).toContain(host);
  expect(stderr).not.toMatch(/bug|Bad Gateway|undefined|at .+:\d+:\d+/);
}

describe.each(FAULTS)('%s', (_name, fault) => {
  test('login fails with exit 5 and saves nothing', async () => {
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld());
    edge.faults.next('*', { ...fault, times: Infinity });
    const ran = await world.beamd('login', '--server', edge.origin);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${edge.port}`);
    expect(succeeded(await world.beamd('accounts')).stdout).toBe('You are not logged in anywhere. Run: beamd login\n');
  });

  test('a refresh that fails is exit 5 and keeps the session', async () => {
    const edge = keep(await startBeamAuthEdge({ expiresIn: 1 }));
    const world = keep(createWorld());
    await logIn(world, edge);
    const before = accounts(world);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    edge.faults.next('POST /token', { ...fault, times: Infinity });
    const ran = await world.beamd('token');
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${edge.port}`);
    expect(accounts(world)).toEqual(before);

    edge.faults.clear();
    edge.setExpiresIn(3600);
    succeeded(await world.beamd('agent', 'stop'));
    expect((await world.beamd('token')).code).toBe(0);
  });

  test('orgs --refresh fails with exit 5 and keeps the orgs', async () => {
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld());
    await logIn(world, edge);
    const orgs = await world.beamd('orgs');
    edge.faults.next('GET /api/scopes', { ...fault, times: Infinity });
    const ran = await world.beamd('orgs', '--refresh');
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${edge.port}`);
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

describe('every call has a deadline', () => {
  test.each<readonly [string, Fault]>([
    ['a server that never answers', { hang: true }],
    ['a server that answers a byte a second', { drip: 1_000 }],
  ])('%s', { timeout: 2 * PATIENCE }, async (_name, fault) => {
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld());
    edge.faults.next('*', { ...fault, times: Infinity });
    const started = Date.now();
    const ran = await world.beamd('login', '--server', edge.origin);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 5, stdout: '' });
    expectPlainError(ran.stderr, `127.0.0.1:${edge.port}`);
    expect(Date.now() - started).toBeLessThan(PATIENCE);
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
