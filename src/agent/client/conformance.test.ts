/** One suite for both implementations: the agent in process, and the same agent behind a real socket. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BeamError } from '../../errors.ts';
import { accountFile, accountsFolder } from '../../store/paths.ts';
import type { Homes } from '../../store/paths.ts';
import { VERSION } from '../../programs.ts';
import type { Agent } from '../protocol/agent.ts';
import { connectAgent } from './client.ts';
import { runDaemon } from '../server/daemon.ts';
import { PROTOCOL } from '../protocol/wire.ts';
import { createAgent } from '../server/session-agent.ts';
import { agentSocket } from '../protocol/socket-path.ts';
import { memoryWork, ownClock } from '../agent.testing.ts';
import type { MemoryWork, OwnedClock } from '../agent.testing.ts';
import { told } from '../../net/net.testing.ts';

const KEY = 'edge.example.com';

interface Fixture {
  readonly agent: Agent;
  readonly work: MemoryWork;
  readonly clock: OwnedClock;
  close(): Promise<void>;
}

function temporaryHomes(): Homes {
  const user = mkdtempSync(join(tmpdir(), 'ag-'));
  const homes = { user, beamd: join(user, '.beamd'), runbeam: join(user, '.runbeam') };
  mkdirSync(accountsFolder(homes), { recursive: true, mode: 0o700 });
  return homes;
}

function inProcess(): Promise<Fixture> {
  const homes = temporaryHomes();
  const clock = ownClock();
  const file = accountFile(homes, KEY);
  const work = memoryWork(file, clock);
  const agent = createAgent({ account: KEY, file, clock, work, random: () => 0, network: () => 'home' });
  const close = (): Promise<void> => {
    rmSync(homes.user, { recursive: true });
    return Promise.resolve();
  };
  return Promise.resolve({ agent, work, clock, close });
}

async function overSocket(): Promise<Fixture> {
  const homes = temporaryHomes();
  const clock = ownClock();
  const work = memoryWork(accountFile(homes, KEY), clock);
  const stop = new AbortController();
  let ended: Promise<boolean> | undefined;
  await new Promise<void>((onReady, onFailure) => {
    ended = runDaemon({ account: KEY, homes, clock, work, idle: 3600, onReady, signal: stop.signal });
    ended.catch(onFailure);
  });
  const agent = await connectAgent(await agentSocket(homes, KEY));
  if (typeof agent === 'string') throw new Error(`no agent: ${agent}`);
  const close = async (): Promise<void> => {
    agent.close();
    stop.abort();
    await ended;
    rmSync(homes.user, { recursive: true });
  };
  return { agent, work, clock, close };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error instanceof BeamError ? told(error) : error;
  }
  return 'no failure';
}

describe.each([
  { name: 'in process', make: inProcess },
  { name: 'over a socket', make: overSocket },
])('an agent $name', ({ make }) => {
  let fixture: Fixture;
  let umask: number;

  beforeEach(async () => {
    umask = process.umask(0o077);
    fixture = await make();
  });

  afterEach(async () => {
    await fixture.close();
    process.umask(umask);
  });

  it('says what it is', async () => {
    expect(await fixture.agent.hello()).toEqual({ protocol: PROTOCOL, version: VERSION, pid: process.pid, account: KEY });
  });

  it('gives the token of the default org, and of another one that is asked for', async () => {
    const { agent, work } = fixture;
    const { accessToken, expiresAt } = work.stored ?? {};
    const grant = { accessToken, expiresAt, server: KEY };
    expect(await agent.token({})).toEqual({ ...grant, scope: 'alice' });
    expect(await agent.token({ scope: 'acme' })).toEqual({ ...grant, scope: 'acme' });
    expect((await agent.token({})).accessToken.reveal()).toBe(accessToken?.reveal());
  });

  it('refuses an org that the account does not have', async () => {
    expect(await failure(fixture.agent.token({ scope: 'nope' }))).toEqual({
      code: 'unknown_scope',
      message: 'edge.example.com has no org "nope" for you; its orgs: alice, acme',
      hint: { command: 'beamd orgs --refresh --server edge.example.com' },
    });
  });

  it('refreshes once for any number of calls at the moment of expiry', async () => {
    const { agent, work, clock } = fixture;
    const before = await agent.token({});
    clock.advance(work.life);
    const grants = await Promise.all(Array.from({ length: 100 }, () => agent.token({})));
    const tokens = new Set(grants.map(({ accessToken }) => accessToken.reveal()));
    expect([...tokens]).toEqual([work.stored?.accessToken?.reveal()]);
    expect(tokens.has(before.accessToken.reveal())).toBe(false);
    expect(work.calls.refreshes).toBe(1);
  });

  it('carries an authorization there and its outcome back', async () => {
    const instance = { id: '1a2b3c4d', ip: '127.0.0.1', port: 8081, label: 'my-label', pathPrefix: 'admin' };
    expect(await fixture.agent.authorize({ instance, via: 'cloud', retry: false })).toEqual({
      gateway: { id: 'gw-1', code: '1a2b3c4d', name: 'my-label' },
      expiresAt: '2026-02-01T00:00:00Z',
      expiresIn: 2_592_000,
      abilities: ['harmony:read'],
      authorizedBy: { name: 'Alice', email: 'alice@example.com' },
      via: 'cloud',
      delivered: false,
      problem: { message: 'The gateway cannot be reached', hint: 'runbeam harmony:authorize --id 1a2b3c4d --retry' },
    });
    const refused = { ...instance, label: 'refused' };
    expect(await failure(fixture.agent.authorize({ instance: refused, via: 'harmony', retry: false }))).toEqual({
      code: 'forbidden',
      message: 'Refused',
      hint: { command: 'runbeam harmony:list' },
    });
  });

  it('gives a machine token', async () => {
    const { machineToken, ...rest } = await fixture.agent.machineToken({ gatewayCode: 'my-gateway' });
    expect(machineToken.reveal()).toMatch(/^[\w-]{32}$/);
    expect(rest).toEqual({
      expiresAt: '2026-02-01T00:00:00Z',
      gatewayId: 'gw-1',
      gatewayCode: 'my-gateway',
      abilities: ['harmony:read'],
    });
  });

  it('fetches the orgs', async () => {
    expect(await fixture.agent.refreshScopes()).toEqual({ user: 'alice', scopes: [{ slug: 'alice' }] });
  });

  it('counts what it served', async () => {
    const { agent, work, clock } = fixture;
    await agent.token({});
    clock.advance(work.life);
    await agent.token({});
    const now = clock.now() / 1000;
    expect(await agent.status()).toEqual({
      protocol: PROTOCOL,
      version: VERSION,
      pid: process.pid,
      account: KEY,
      startedAt: now - work.life,
      served: 2,
      refreshes: 1,
      refreshedAt: now,
      expiresAt: now + work.life,
    });
  });

  it('tells what went wrong only in our own words', async () => {
    const { agent, work, clock } = fixture;
    clock.advance(work.life);
    work.failures = [new Error(`server said ${work.stored?.accessToken?.reveal() ?? ''}`)];
    const error = await failure(agent.token({}));
    if (error instanceof Error) expect(error.name).toBe('Error');
    else expect(error).toEqual({ code: 'failed', message: 'The agent failed at this', hint: { command: 'beamd agent log' } });
  });
});
