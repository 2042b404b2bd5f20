/** One suite for both implementations: the agent in process, and the same agent behind a real socket. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { told } from '../../errors.testing.ts';
import { VERSION } from '../../programs.ts';
import { accountFile, accountsFolder, type Homes } from '../../store/paths.ts';
import type { RequestMade, Tell } from '../../http.ts';
import { ASKED, NOWHERE, memoryWork, ownClock, type MemoryWork, type OwnedClock } from '../agent.testing.ts';
import type { Agent } from '../protocol/agent.ts';
import { answerWith } from '../protocol/calls.ts';
import { readFrames } from '../protocol/frames.ts';
import { parseRequest, parseResponse } from '../protocol/messages.ts';
import { agentSocket } from '../protocol/socket-path.ts';
import { JOBS, MAX_FRAME, PROTOCOL } from '../protocol/wire.ts';
import { runDaemon } from '../server/daemon.ts';
import { answerCalls, createAgent } from '../server/session-agent.ts';
import { connectAgent } from './client.ts';

const KEY = 'edge.example.com';

interface Fixture {
  readonly agent: Agent;
  readonly work: MemoryWork;
  readonly clock: OwnedClock;
  /** Has a line answered that no client of ours would send. Resolves to the result in its JSON form, or throws. */
  readonly send: (line: string) => Promise<unknown>;
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
  const agent = createAgent({ ...NOWHERE, account: KEY, file, clock, work, random: () => 0, network: () => 'home' });
  const close = (): Promise<void> => {
    rmSync(homes.user, { recursive: true });
    return Promise.resolve();
  };
  const answer = answerCalls(agent, answerWith(JOBS, work));
  const send = async (line: string): Promise<unknown> => {
    const request = parseRequest(line);
    if (request === undefined) throw new Error('not a request');
    if ('problem' in request) throw request.problem;
    return answer(request.method, request.params);
  };
  return Promise.resolve({ agent, work, clock, send, close });
}

async function overSocket(): Promise<Fixture & { readonly socket: string }> {
  const homes = temporaryHomes();
  const clock = ownClock();
  const work = memoryWork(accountFile(homes, KEY), clock);
  const stop = new AbortController();
  let ended: Promise<boolean> | undefined;
  await new Promise<void>((onReady, onFailure) => {
    ended = runDaemon({
      ...NOWHERE,
      account: KEY,
      homes,
      clock,
      run: answerWith(JOBS, work),
      idle: 3600,
      onReady,
      signal: stop.signal,
    });
    ended.catch(onFailure);
  });
  const path = await agentSocket(homes, KEY);
  const agent = await connectAgent(path, systemClock);
  if (typeof agent === 'string') throw new Error(`no agent: ${agent}`);
  const close = async (): Promise<void> => {
    agent.close();
    stop.abort();
    await ended;
    rmSync(homes.user, { recursive: true });
  };
  return { agent, work, clock, send: (line) => sendTo(path.socket, line), close, socket: path.socket };
}

async function sendTo(socket: string, line: string): Promise<unknown> {
  const answer = await answerTo(socket, line);
  const response = parseResponse(answer);
  if (response === undefined) throw new Error(answer);
  if ('error' in response) throw response.error;
  return response.result;
}

/** The line that a line is answered with. */
async function answerTo(socket: string, line: string): Promise<string> {
  const stream = connect(socket);
  try {
    return await new Promise<string>((resolve) => {
      const frames = readFrames(MAX_FRAME, resolve);
      stream.on('data', (chunk: Buffer) => frames.push(chunk));
      stream.write(`${line}\n`);
    });
  } finally {
    stream.destroy();
  }
}

it('has requests in its answer only for a client that asks for them with the call', async () => {
  const one = await overSocket();
  try {
    const call = { jsonrpc: '2.0', id: 1, method: 'refresh_scopes' };
    const result = { user: 'alice', scopes: [{ slug: 'alice' }] };
    for (const params of [undefined, {}, { requests: false }, { requests: 'yes' }]) {
      expect(JSON.parse(await answerTo(one.socket, JSON.stringify({ ...call, params })))).toEqual({
        jsonrpc: '2.0',
        id: 1,
        result,
      });
    }
    expect(JSON.parse(await answerTo(one.socket, JSON.stringify({ ...call, params: { requests: true } })))).toEqual({
      jsonrpc: '2.0',
      id: 1,
      result,
      requests: [ASKED],
    });
  } finally {
    await one.close();
  }
});

async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error instanceof BeamError ? told(error) : error;
  }
  return 'no failure';
}

describe.each([
  { name: 'in process', make: inProcess, remembers: false },
  { name: 'over a socket', make: overSocket, remembers: true },
])('an agent $name', ({ make, remembers }) => {
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
    expect(await fixture.agent.hello()).toEqual({
      protocol: PROTOCOL,
      version: VERSION,
      pid: process.pid,
      account: KEY,
      network: '',
      desktop: '',
      gateways: '',
    });
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

  it('gives another token than the one that a server refused, once for all who report it', async () => {
    const { agent, work, clock } = fixture;
    const { accessToken: refused } = await agent.token();
    expect(await agent.token({ refused })).toMatchObject({ accessToken: refused, unmet: { why: 'too_soon' } });
    expect(await agent.token({ refused, held: true })).toMatchObject({ accessToken: refused, unmet: { why: 'too_soon' } });
    clock.advance(30);
    expect(await failure(agent.token({ refused, held: true }))).toMatchObject({ code: 'agent_unavailable' });
    const grants = await Promise.all(Array.from({ length: 20 }, () => agent.token({ refused, scope: 'acme' })));
    const { accessToken, expiresAt } = work.stored ?? {};
    expect(grants).toEqual(Array(20).fill({ accessToken, expiresAt, server: KEY, scope: 'acme' }));
    expect(accessToken?.equals(refused)).toBe(false);
    expect(await agent.token({ refused })).toMatchObject({ accessToken });
    expect(await agent.token({ refused, held: true })).toMatchObject({ accessToken });
    expect(work.calls.refreshes).toBe(1);
  });

  it('refreshes for who asks for it or needs more time, and says what it could not do', async () => {
    const { agent, work, clock } = fixture;
    clock.advance(30);
    await Promise.all([agent.token({ refresh: true }), agent.token({ refresh: true }), agent.token({ minTtl: 3590 })]);
    expect(work.calls.refreshes).toBe(1);
    clock.advance(600);
    const { accessToken } = work.stored ?? {};
    expect(await agent.token({ minTtl: 3000, held: true })).toMatchObject({ accessToken });
    expect(await failure(agent.token({ minTtl: 3001, held: true }))).toMatchObject({ code: 'agent_unavailable' });
    work.failures = [new BeamError('network', 'edge.example.com cannot be reached')];
    const unmet = { why: 'failed', code: 'network', problem: 'edge.example.com cannot be reached' };
    expect(await agent.token({ minTtl: 3001 })).toMatchObject({ accessToken, unmet });
    expect(await agent.token({ minTtl: 7200 })).toMatchObject({ accessToken, unmet: { why: 'short_lived' } });
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
    const { token, stored } = await fixture.agent.machineToken({ gatewayCode: 'my-gateway', instanceId: '1a2b3c4d' });
    expect(stored).toBe(false);
    const { machineToken, ...rest } = token;
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

  it('tells the orgs that it holds, without a server and with a token that has ended', async () => {
    const { agent, work, clock } = fixture;
    clock.advance(work.life);
    expect(await agent.scopes()).toEqual({
      server: KEY,
      scopes: [{ slug: 'alice', role: 'owner' }, { slug: 'acme' }],
      defaultScope: 'alice',
    });
    expect(work.calls).toMatchObject({ refreshes: 0, checks: 0 });
  });

  it('tells what it did', async () => {
    const { agent, work, clock } = fixture;
    await agent.token({});
    clock.advance(work.life);
    await agent.token({});
    const now = clock.now() / 1000;
    // Who called is known where there are connections: in process it is this command alone, which is not remembered.
    const { calls, clients, ...session } = await agent.activity();
    expect({ ...session, refreshLog: session.refreshLog.slice(0, 1) }).toEqual({
      protocol: PROTOCOL,
      version: VERSION,
      pid: process.pid,
      account: KEY,
      startedAt: now - work.life,
      issuedAt: now,
      expiresAt: now + work.life,
      refreshLog: remembers ? [{ at: now }] : [],
    });
    const counted = {
      calls: [
        { method: 'hello', count: 1 },
        { method: 'token', count: 2 },
      ],
    };
    const told = { ...counted, clients: [{ says: 'unnamed', calls: 3, lastAt: now }] };
    expect({ calls, clients }).toEqual(remembers ? told : { calls: [], clients: [] });
    expect(await agent.activity()).toMatchObject({ calls, clients });
  });

  const instance = { id: '1a2b3c4d', ip: '127.0.0.1', port: 8081, label: 'my-label', path_prefix: 'admin' };
  const authorize = { instance, via: 'cloud', retry: false };

  it.each([
    ['a method that there is not', 'dance', {}, 'method'],
    ['a job that is not asked of an agent', 'load', {}, 'method'],
    ['a name in the spelling of our source', 'machineToken', { gateway_code: 'my-gateway' }, 'method'],
    ['parameters that are none', 'token', [], 'token'],
    ['an org that is no text', 'token', { scope: 5 }, 'scope'],
    ['a span that is a text', 'token', { min_ttl: '10m' }, 'min_ttl'],
    ['no gateway code', 'machine_token', { gatewayCode: 'my-gateway' }, 'gateway_code'],
    ['a way to authorize that there is not', 'authorize', { ...authorize, via: 'fax' }, 'via'],
    [
      'an instance without its prefix',
      'authorize',
      { ...authorize, instance: { ...instance, path_prefix: undefined } },
      'path_prefix',
    ],
    ['a port that is a text', 'authorize', { ...authorize, instance: { ...instance, port: '8081' } }, 'port'],
  ])('refuses %s', async (_, method, params, name) => {
    const { agent, send } = fixture;
    expect(await failure(send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })))).toEqual({
      code: 'agent_unavailable',
      message: `The agent and this command do not understand each other (${name})`,
      hint: { command: 'beamd agent stop' },
    });
    expect(await agent.status()).toMatchObject({ served: 0 });
  });

  it('passes over what another version adds', async () => {
    const { send } = fixture;
    const more = { jsonrpc: '2.0', id: 1, method: 'authorize', trace: 1, params: { ...authorize, dry: true } };
    expect(await send(JSON.stringify(more))).toMatchObject({
      delivered: false,
      expires_at: '2026-02-01T00:00:00Z',
      via: 'cloud',
    });
    const bare = { jsonrpc: '2.0', id: 1, method: 'token' };
    expect(await send(JSON.stringify(bare))).toMatchObject({ server: KEY, scope: 'alice' });
  });

  it('tells of the requests that a call took, and of a refresh to each who waited for it', async () => {
    const { agent, work, clock } = fixture;
    const asked = async (ask: (tell: Tell) => Promise<unknown>): Promise<RequestMade[]> => {
      const made: RequestMade[] = [];
      await ask((one) => made.push(one)).catch(() => undefined);
      return made;
    };
    expect(await asked((tell) => agent.token({}, tell))).toEqual([]);
    expect(await asked((tell) => agent.scopes({}, tell))).toEqual([]);
    expect(await asked((tell) => agent.refreshScopes({}, tell))).toEqual([ASKED]);
    clock.advance(work.life);
    const waited = [asked((tell) => agent.token({}, tell)), asked((tell) => agent.token({ scope: 'acme' }, tell))];
    await agent.token();
    expect(await Promise.all(waited)).toEqual([[ASKED], [ASKED]]);
    clock.advance(work.life);
    expect(await asked((tell) => agent.refreshScopes({}, tell))).toEqual([ASKED, ASKED]);
    clock.advance(work.life);
    work.failures = [new BeamError('network', 'Cannot reach it')];
    expect(await asked((tell) => agent.token({}, tell))).toEqual([ASKED]);
    expect(work.calls.refreshes).toBe(3);
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
