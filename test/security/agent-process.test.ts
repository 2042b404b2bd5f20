/** What the agent's process shows to a debugger, in its environment and in its memory. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agentProcesses, startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { backgroundEnvironment, backgroundNodeArguments } from '../../src/environment.ts';
import { systemClock } from '../../src/clock.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { PROGRAMS, connect, figure, homesOf, isRoot, keyOf, listensOnTcp, startAgent, until } from '../support/agent.ts';
import { findInProcesses } from '../support/canary.ts';
import { logIn, succeeded } from '../support/login.ts';
import { occurrences } from '../support/memory.ts';
import { closing } from '../support/together.ts';
import { createWorld, type World } from '../support/world.ts';

const keep = closing();
const keepForAll = closing(afterAll);
const LINUX = process.platform === 'linux';
let edge: BeamAuthEdge;
let world: World;

beforeAll(async () => {
  edge = keepForAll(await startBeamAuthEdge());
  world = keepForAll(createWorld());
  await logIn(world, edge);
});

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

test.skipIf(!LINUX)('SIGUSR1 opens no debugger port, at whatever moment after the start it comes', async () => {
  const moments = [0, 1, 2, 4, 6, 8, 10, 12, 15, 18, 21, 25, 30, 35, 40, 50, 60, 80, 120, 200];
  let open = 0;
  let survived = 0;
  for (const moment of moments) {
    const child = spawn(process.execPath, [...backgroundNodeArguments(), PROGRAMS.agent, keyOf(edge)], {
      env: backgroundEnvironment(world.env),
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    keep({ close: () => void child.kill('SIGKILL') });
    await sleep(moment);
    child.kill('SIGUSR1');
    // Its standard input is open, so that it cannot end before it has been looked at.
    await sleep(60);
    const { pid } = child;
    if (pid === undefined || child.signalCode !== null || child.exitCode !== null) continue;
    survived += 1;
    if (listensOnTcp(pid)) open += 1;
    child.kill('SIGKILL');
  }
  figure('debugger ports after SIGUSR1', { signals: moments.length, survived, open });
  expect(open).toBe(0);
  expect(survived).toBeGreaterThan(10);
});

test.skipIf(!LINUX)('SIGUSR1 to the running agent and to a worker opens no port', async () => {
  const agent = await startAgent(world, edge);
  process.kill(agent.info.pid, 'SIGUSR1');
  edge.faults.next('GET /api/scopes', { delay: 1_000 });
  const asked = agent.refreshScopes();
  const before = edge.counters.requests['GET /api/scopes'] ?? 0;
  await until(() => edge.counters.requests['GET /api/scopes'] === before + 1);
  const pids = agentProcesses(homesOf(world));
  for (const pid of pids) process.kill(pid, 'SIGUSR1');
  await sleep(200);
  expect(pids.map(listensOnTcp)).toEqual([false, false]);
  expect(await refuses(9229)).toBe(true);
  await asked;
  expect(await agent.hello()).toEqual(agent.info);
  agent.close();
});

test('the agent and the worker do not run under a debugger', async () => {
  for (const program of [PROGRAMS.agent, PROGRAMS.worker]) {
    const child = spawn(process.execPath, ['--inspect=127.0.0.1:0', program, keyOf(edge)], {
      env: backgroundEnvironment(world.env),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify({ account: keyOf(edge), keys: {}, kind: 'load' }));
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect({ program, code, said }).toEqual({ program, code: 1, said: '' });
  }
});

test.skipIf(!LINUX)("nothing of the command's environment that could harm reaches the agent or its worker", async () => {
  const own = keep(createWorld());
  await logIn(own, edge);
  const canary = randomBytes(16).toString('hex');
  const env = {
    NODE_OPTIONS: '--no-deprecation',
    NODE_DEBUG: 'http',
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_V8_COVERAGE: `${own.root}/coverage-${canary}`,
    NODE_PENDING_DEPRECATION: '0',
    BEAMD_ENCRYPTION_KEY: encryptionKey(own),
    RUNBEAM_ENCRYPTION_KEY: canary,
    AWS_SECRET_ACCESS_KEY: canary,
  };
  succeeded(await own.run('beamd', ['agent', 'start'], { env }));
  // With a token in the environment no agent is asked; the one that runs must not have it either.
  await own.run('beamd', ['agent', 'status'], { env: { ...env, BEAMD_TOKEN: canary, BEAMD_SERVER: edge.origin } });
  const agent = await connect(own, edge);
  edge.faults.next('GET /api/scopes', { delay: 700 });
  const asked = agent.refreshScopes();
  await until(() => agentProcesses(homesOf(own)).length === 2);
  const pids = agentProcesses(homesOf(own));
  const names = new Set(pids.flatMap((pid) => environmentOf(pid)));
  expect([...names].sort()).toEqual(['HOME', 'LANG', 'PATH', 'TMPDIR']);
  expect([...Object.keys(env), 'BEAMD_TOKEN'].filter((name) => names.has(name))).toEqual([]);
  expect(findInProcesses(pids, [canary, env.BEAMD_ENCRYPTION_KEY])).toEqual([]);
  await asked;
  agent.close();
});

function environmentOf(pid: number): string[] {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .filter((pair) => pair !== '');
  return pairs.map((pair) => pair.slice(0, pair.indexOf('=')));
}

function encryptionKey(of: World): string {
  return readFileSync(`${of.home}/.beamd/encryption.key`, 'utf8').trim().split('\n').at(-1) ?? '';
}

test.skipIf(!LINUX)("the agent's memory holds no refresh token, before or after a refresh", async (context) => {
  if (!isRoot) context.skip("only root may read another process's memory");
  const fast = keep(await startBeamAuthEdge({ expiresIn: 2 }));
  const own = keep(createWorld());
  await logIn(own, fast);
  const store = createAccountStore({ homes: homesOf(own), clock: systemClock, env: own.env });
  const refreshTokens = new Set<string>();
  const note = async (): Promise<void> => {
    const account = await store.read(keyOf(fast));
    const token = account && (await store.credential(account))?.refreshToken?.reveal();
    if (token !== undefined) refreshTokens.add(token);
  };
  await note();
  const agent = await startAgent(own, fast);
  await until(async () => {
    await agent.token({});
    await note();
    return (await agent.status()).refreshes >= 2;
  });
  await note();
  const { accessToken } = await agent.token({});
  const [access, ...refresh] = occurrences(agent.info.pid, [accessToken.reveal(), ...refreshTokens]);
  figure('tokens in the memory of the agent', {
    access: access ?? 0,
    refresh: refresh.reduce((sum, count) => sum + count, 0),
    refreshTokens: refreshTokens.size,
  });
  // That the access token is found shows that the search finds what is there.
  expect(access).toBeGreaterThan(0);
  expect(refreshTokens.size).toBeGreaterThanOrEqual(3);
  expect(refresh).toEqual([...refreshTokens].map(() => 0));
  agent.close();
});
