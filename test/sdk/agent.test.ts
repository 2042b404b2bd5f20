/** The library's client of an agent: the built one, real agents, the sandbox. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { relative } from 'node:path';
import { writeConfig } from '../support/files.ts';
import { commandOf, createCliUser, type CliUser } from '../support/cli-user.ts';
import { agentState, killAgents } from '../support/agent.ts';
import { logIn, rewriteSession, succeeded } from '../support/login.ts';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { connect, type AgentConnection, type AgentEvents, type ConnectOptions } from '../../src/sdk/agent.ts';

let edge: BeamAuthEdge;
let user: CliUser;
const open: AgentConnection[] = [];

beforeAll(async () => {
  edge = await startBeamAuthEdge();
});
afterAll(() => edge.close());
beforeEach(() => {
  user = createCliUser();
});
afterEach(async () => {
  for (const one of open.splice(0)) one.close();
  edge.faults.clear();
  await user.close();
});

/** A `beamd` of this user, whatever the environment of this process is. */
function program(): [string, ...string[]] {
  const assigned = Object.entries(user.env).map(([name, value]) => `${name}=${value}`);
  return ['/usr/bin/env', '-i', ...assigned, ...commandOf('beamd')];
}

async function connected(options: ConnectOptions = {}): Promise<AgentConnection> {
  const agent = await connect({ program: program(), cwd: user.work, ...options });
  open.push(agent);
  return agent;
}

/** What comes next of an event. */
function next<N extends keyof AgentEvents>(agent: AgentConnection, name: N): Promise<AgentEvents[N]> {
  return new Promise((resolve) => {
    const off = agent.on(name, (event) => {
      off();
      resolve(event);
    });
  });
}

async function printedToken(): Promise<string> {
  return succeeded(await user.beamd('token')).stdout.trim();
}

describe('connect', () => {
  it('starts the agent, and gives what `beamd token` prints', async () => {
    await logIn(user, edge);
    const agent = await connected();
    expect({ server: agent.server, account: agent.account, origins: agent.origins }).toEqual({
      server: edge.origin,
      account: undefined,
      origins: [edge.origin],
    });
    expect(agent.expiresAt).toBeUndefined();
    expect(await agent.token()).toBe(await printedToken());
    expect(agent.expiresAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(user.agents()).toHaveLength(1);
    expect(succeeded(await user.beamd('agent', 'top', '--json')).stdout).toContain('"says": "@beamd/cli/agent"');
  });

  it('takes the agent that runs, and starts none if told so', async () => {
    await logIn(user, edge);
    await expect(connected({ start: false })).rejects.toMatchObject({
      code: 'agent_unavailable',
      message: `No agent of ${edge.origin} is running`,
      hint: { command: `beamd agent start --server ${edge.origin}` },
    });
    succeeded(await user.beamd('agent', 'start'));
    const { pid } = await agentState(user);
    const agent = await connected({ start: false });
    expect(await agent.token()).toBe(await printedToken());
    expect((await agentState(user)).pid).toBe(pid);
  });

  it('goes by the ladder: the account that is named, else the current one', async () => {
    await logIn(user, edge);
    await logIn(user, edge, '--account', 'work');
    const [named, current] = [await connected({ server: edge.origin, account: 'work' }), await connected({ account: '-' })];
    expect([named.account, current.account]).toEqual(['work', undefined]);
    expect(await named.token()).not.toBe(await current.token());
    expect(await named.token()).toBe(succeeded(await user.beamd('token', '--account', 'work')).stdout.trim());
    await expect(connected({ server: 'other.example.com' })).rejects.toMatchObject({
      code: 'login_required',
      hint: { command: 'beamd login --server other.example.com' },
    });
  });

  it('takes the agent that a file names, and no other', async () => {
    await logIn(user, edge);
    succeeded(await user.beamd('agent', 'start'));
    const { socket } = JSON.parse(succeeded(await user.beamd('agent', 'status', '--json')).stdout) as { socket: string };
    const agent_socket = relative(user.work, socket);
    writeConfig(user, 'app.yaml', { server: edge.origin, agent_socket });
    const agent = await connected({ config: 'app.yaml' });
    expect([agent.server, agent.origins, await agent.token()]).toEqual([edge.origin, [edge.origin], await printedToken()]);
    expect((await agent.fetch(`${edge.origin}/api/scopes`)).status).toBe(200);
    // The file leads to another server by the time the agent is looked for again.
    writeConfig(user, 'app.yaml', { server: 'other.example.com', agent_socket });
    await killAgents(user);
    await expect(agent.token()).rejects.toMatchObject({ code: 'forbidden' });
    expect(user.agents()).toEqual([]);
    writeConfig(user, 'app.yaml', { server: edge.origin, agent_socket });
    const none = { code: 'agent_unavailable', hint: { command: 'beamd agent status --all' } };
    await expect(agent.token()).rejects.toMatchObject(none);
    await expect(connected({ config: 'app.yaml' })).rejects.toMatchObject(none);
    writeConfig(user, 'app.yaml', { server: edge.origin, token: edge.apiKey });
    await expect(connected({ config: 'app.yaml' })).rejects.toMatchObject({ code: 'usage' });
  });

  it('says that there is no beamd, and ends when it is told to', async () => {
    for (const path of ['/no/such/beamd', `${process.execPath}/beamd`, '/']) {
      await expect(connected({ program: path })).rejects.toMatchObject({ code: 'program_not_found' });
    }
    await expect(connected({ program: [process.execPath, '-e', 'console.log(1)'] })).rejects.toMatchObject({
      code: 'agent_unavailable',
      message: 'The beamd that is installed is older than this program',
    });
    const endless: [string, ...string[]] = [process.execPath, '-e', 'setInterval(() => 0, 1000)'];
    const stop = new AbortController();
    const hanging = connected({ program: endless, signal: stop.signal });
    stop.abort();
    await expect(hanging).rejects.toMatchObject({ code: 'interrupted' });
    await expect(connected({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' });
  });
});

describe('a connection', () => {
  it('goes on with the next agent, and says so', async () => {
    await logIn(user, edge);
    const agent = await connected();
    const token = await agent.token();
    const restarted = next(agent, 'restarted');
    await killAgents(user);
    expect(await Promise.all([agent.token(), agent.token()])).toEqual([token, token]);
    expect(await restarted).toEqual({ pid: (await agentState(user)).pid });
    expect(user.agents()).toHaveLength(1);
  });

  it('acts for the org that is asked for', async () => {
    await logIn(user, edge);
    const agent = await connected({ scope: 'acme' });
    await expect(agent.token({ scope: 'nobody' })).rejects.toMatchObject({ code: 'unknown_scope' });
    expect(await agent.token()).toBe(await agent.token({ scope: 'widgets' }));
    await expect(agent.token({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'interrupted' });
    agent.close();
    await expect(agent.token()).rejects.toMatchObject({ code: 'usage' });
  });

  it('tells of another token', async () => {
    await logIn(user, edge);
    const agent = await connected();
    const first = await agent.token();
    const refreshed = next(agent, 'refreshed');
    await rewriteSession(user, edge, { left: -10, age: 3_600 });
    const second = await agent.token();
    expect(second).not.toBe(first);
    expect(await refreshed).toEqual({ expiresAt: agent.expiresAt });
  });

  it('tells of the end of the session', async () => {
    await logIn(user, edge);
    const agent = await connected();
    await agent.token();
    const ended = next(agent, 'ended');
    edge.endSessions();
    await rewriteSession(user, edge, { left: -10, age: 3_600 });
    await expect(agent.token()).rejects.toMatchObject({ code: 'session_ended' });
    expect((await ended).error).toMatchObject({
      code: 'session_ended',
      hint: { command: `beamd login --server ${edge.origin}` },
    });
  });
});

describe('its fetch', () => {
  it('takes a fresh token to the hosts of the account, and to no other', async () => {
    await logIn(user, edge);
    const agent = await connected();
    const answer = await agent.fetch(`${edge.origin}/api/scopes`, { headers: { authorization: 'Bearer mine' } });
    expect([answer.status, await answer.json()]).toEqual([200, expect.anything()]);
    await expect(agent.fetch('https://other.example.com/')).rejects.toMatchObject({
      code: 'forbidden',
      message: 'https://other.example.com is not a host of this account: no token goes there',
    });
    // The same host with another port, and another scheme.
    await expect(agent.fetch('http://127.0.0.1:1/')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(agent.fetch(edge.origin.replace('http:', 'https:'))).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('follows a redirect to the same hosts, and returns one to another', async () => {
    const asked: (string | undefined)[] = [];
    const stranger: Server = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.end();
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    try {
      await logIn(user, edge);
      const agent = await connected();
      const elsewhere = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}/`;
      edge.faults.next('GET /api/scopes', { status: 307, headers: { location: elsewhere } });
      const left = await agent.fetch(`${edge.origin}/api/scopes`);
      expect([left.status, left.headers.get('location'), asked]).toEqual([307, elsewhere, []]);
      edge.faults.next('GET /api/scopes', { status: 302, headers: { location: '/api/scopes?again' } });
      const followed = await agent.fetch(`${edge.origin}/api/scopes`);
      expect([followed.status, followed.url]).toEqual([200, `${edge.origin}/api/scopes?again`]);
      edge.faults.next('GET /api/scopes', { status: 302, headers: { location: '/api/scopes' } });
      await expect(agent.fetch(`${edge.origin}/api/scopes`, { redirect: 'error' })).rejects.toThrow('The answer is a redirect');
      edge.faults.next('GET /api/scopes', { status: 302, headers: { location: '/api/scopes' }, times: Infinity });
      expect((await agent.fetch(`${edge.origin}/api/scopes`)).status).toBe(302);
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
    }
  });

  it('has the token renewed once, however many meet a 401', async () => {
    await logIn(user, edge);
    const agent = await connected();
    await rewriteSession(user, edge, { left: 3_000, age: 600 });
    edge.expireAccess();
    const before = edge.counters.refreshes;
    const answers = await Promise.all(Array.from({ length: 8 }, () => agent.fetch(`${edge.origin}/api/scopes`)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    expect(edge.counters.refreshes - before).toBe(1);
  });

  it('returns the 401 where no other token helps', async () => {
    await logIn(user, edge);
    const agent = await connected();
    edge.expireAccess();
    const before = edge.counters.refreshes;
    // The token is new: a server that refuses it would refuse the next one as well.
    expect((await agent.fetch(`${edge.origin}/api/scopes`)).status).toBe(401);
    expect(edge.counters.refreshes).toBe(before);
  });
});
