/** What the agent's process shows to a debugger, in its environment and in its memory. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { constants } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { backgroundEnvironment } from '../../src/environment.ts';
import { systemClock } from '../../src/clock.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { PROGRAMS, connect, isRoot, keyOf, startAgent } from '../support/agent.ts';
import { listensOnTcp } from '../support/sockets.ts';
import { figure, gate, until } from '../support/measure.ts';
import { findInProcesses } from '../support/find-secrets.ts';
import { expireSession, logIn, succeeded } from '../support/login.ts';
import { occurrences } from '../support/memory.ts';
import { cleanup } from '../support/cleanup.ts';
import { startEdgeUser } from '../support/edge.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
const LINUX = process.platform === 'linux';
let edge: BeamAuthEdge;
let user: CliUser;

beforeAll(async () => {
  ({ edge, user } = await startEdgeUser(keepForAll));
});

/** Whether a process has said what a signal shall do: until then it would end it. */
function handles(pid: number, signal: number): boolean {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const masks = ['SigIgn', 'SigCgt'].map((name) =>
    BigInt(`0x${new RegExp(`^${name}:\\s+(\\w+)$`, 'm').exec(status)?.[1] ?? '0'}`),
  );
  return masks.some((mask) => ((mask >> BigInt(signal - 1)) & 1n) === 1n);
}

test.skipIf(!LINUX)('SIGUSR1 opens no debugger port, at whatever moment after the start it comes', async () => {
  // An account that nobody has: no other agent serves it, and this one has nothing to do.
  const own = keep(createCliUser());
  let signals = 0;
  for (let round = 0; round < 4; round += 1) {
    const child = spawn(PROGRAMS.agent.file, [...PROGRAMS.agent.args, 'edge.example.com'], {
      env: backgroundEnvironment(own.env),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    keep({ close: () => void child.kill('SIGKILL') });
    const { pid = 0 } = child;
    let ready = false;
    child.stdout.once('data', () => {
      ready = true;
    });
    await until(() => handles(pid, constants.signals.SIGUSR1));
    // From the first moment at which it survives one until it listens, one after the other.
    await until(() => {
      child.kill('SIGUSR1');
      signals += 1;
      return ready;
    });
    expect({ listens: listensOnTcp(pid), exit: child.exitCode, signal: child.signalCode }).toEqual({
      listens: false,
      exit: null,
      signal: null,
    });
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    // In the end too: it closes by itself.
    expect(await ended).toEqual([0, null]);
  }
  figure('debugger ports after SIGUSR1', { signals, open: 0 });
});

test.skipIf(!LINUX)('SIGUSR1 to the running agent and to a worker opens no port', async () => {
  const agent = await startAgent(user, edge);
  process.kill(agent.info.pid, 'SIGUSR1');
  const looked = gate();
  edge.faults.next('GET /api/scopes', { delay: looked.passed });
  const before = edge.counters.requests['GET /api/scopes'] ?? 0;
  const asked = agent.refreshScopes();
  await until(() => edge.counters.requests['GET /api/scopes'] === before + 1);
  const pids = user.background('agent', 'worker').map(({ pid }) => pid);
  for (const pid of pids) process.kill(pid, 'SIGUSR1');
  // The agent has gone round its loop many times by then.
  for (let turn = 0; turn < 20; turn += 1) await agent.hello();
  expect(pids.map(listensOnTcp)).toEqual([false, false]);
  looked.open();
  await asked;
  expect(await agent.hello()).toEqual(agent.info);
  agent.close();
});

test('the agent and the worker do not run under a debugger', async () => {
  for (const { file, args, script } of [PROGRAMS.agent, PROGRAMS.worker]) {
    // An executable is asked by the environment.
    const asked = script === undefined ? args : ['--inspect=127.0.0.1:0', script];
    const child = spawn(file, [...asked, keyOf(edge)], {
      env: { ...backgroundEnvironment(user.env), BUN_INSPECT: '127.0.0.1:0' },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let said = '';
    child.stdout.on('data', (text: Buffer) => (said += text.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify({ account: keyOf(edge), keys: {}, kind: 'load' }));
    const code = await new Promise((resolve) => child.once('exit', resolve));
    expect({ args, code, said }).toEqual({ args, code: 1, said: '' });
  }
});

test.skipIf(!LINUX)("nothing of the command's environment that could harm reaches the agent or its worker", async () => {
  const own = keep(createCliUser());
  await logIn(own, edge);
  const canary = randomBytes(16).toString('hex');
  const env = {
    NODE_OPTIONS: '--no-deprecation',
    BUN_OPTIONS: '--no-deprecation',
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
  const looked = gate();
  edge.faults.next('GET /api/scopes', { delay: looked.passed });
  const before = edge.counters.requests['GET /api/scopes'] ?? 0;
  const asked = agent.refreshScopes();
  await until(() => edge.counters.requests['GET /api/scopes'] === before + 1);
  const pids = own.background('agent', 'worker').map(({ pid }) => pid);
  expect(pids.length).toBe(2);
  const names = new Set(pids.flatMap((pid) => environmentOf(pid)));
  expect([...names].sort()).toEqual(['HOME', 'LANG', 'PATH', 'TMPDIR']);
  expect([...Object.keys(env), 'BEAMD_TOKEN'].filter((name) => names.has(name))).toEqual([]);
  expect(findInProcesses(pids, [canary, env.BEAMD_ENCRYPTION_KEY])).toEqual([]);
  looked.open();
  await asked;
  agent.close();
});

function environmentOf(pid: number): string[] {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .filter((pair) => pair !== '');
  return pairs.map((pair) => pair.slice(0, pair.indexOf('=')));
}

function encryptionKey(of: CliUser): string {
  return readFileSync(`${of.home}/.beamd/encryption.key`, 'utf8').trim().split('\n').at(-1) ?? '';
}

test.skipIf(!LINUX)("the agent's memory holds no refresh token, before or after a refresh", async (context) => {
  if (!isRoot) context.skip("only root may read another process's memory");
  const fast = keep(await startBeamAuthEdge());
  const own = keep(createCliUser());
  await logIn(own, fast);
  const store = createAccountStore({ homes: own.homes, clock: systemClock, env: own.env });
  const refreshTokens = new Set<string>();
  const note = async (): Promise<void> => {
    const account = await store.read(keyOf(fast));
    const token = account && (await store.credential(account))?.refreshToken?.reveal();
    if (token !== undefined) refreshTokens.add(token);
  };
  await note();
  const agent = await startAgent(own, fast);
  for (const refreshes of [1, 2]) {
    await expireSession(own, fast);
    await until(async () => {
      await agent.token({});
      return (await agent.status()).refreshes >= refreshes;
    });
    await note();
  }
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
