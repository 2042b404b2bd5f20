/** Agents that were started in other surroundings than those of the command that asks them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { decideByCode, startBeamAuthEdge } from '../../sandbox/testing.ts';
import { systemClock } from '../../src/clock.ts';
import { Secret } from '../../src/secret.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { connect, isRoot, keyOf, startAgent } from '../support/agent.ts';
import { findInText } from '../support/find-secrets.ts';
import { missingPrograms, startKeyring } from '../support/keyring.ts';
import { logIn, succeeded } from '../support/login.ts';
import { occurrences } from '../support/memory.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type Ran, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();
const LINUX = process.platform === 'linux';
const HOST = 'edge.example.com';

interface Proxy {
  readonly env: { readonly HTTPS_PROXY: string };
  /** Whom it was asked to connect to. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** A proxy that notes what it is asked for, and lets nothing through. */
async function startProxy(): Promise<Proxy> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', (head: Buffer) => {
      asked.push(head.toString('latin1').split(' ')[1] ?? '');
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    env: { HTTPS_PROXY: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` },
    asked,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A session on a server that is only to be reached through a proxy. `left`: seconds of its hour. */
async function sessionAt(user: CliUser, left: number): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const token = randomBytes(24).toString('base64url');
  await createAccountStore({ homes: user.homes, clock: systemClock, env: user.env }).save(
    {
      key: HOST,
      server: HOST,
      provider: 'edge',
      kind: 'session',
      dialect: 'beam-auth',
      scopes: [{ slug: 'alice' }],
      storage: 'age',
    },
    {
      accessToken: new Secret(token),
      refreshToken: new Secret(randomBytes(24).toString('base64url')),
      expiresAt: now + left,
      issuedAt: now + left - 3600,
    },
  );
  return token;
}

const tokenIn = (user: CliUser, env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
  user.run('beamd', ['token'], { env });

test("the proxy of the shell that started the agent sees nothing of others' sessions, nor of one that is refreshed unasked", async () => {
  const user = keep(createCliUser());
  const [hostile, own] = [keep(await startProxy()), keep(await startProxy())];
  const token = await sessionAt(user, 1000);
  expect(await tokenIn(user, hostile.env)).toEqual({ code: 0, stdout: `${token}\n`, stderr: '' });
  expect(user.agents()).toHaveLength(1);
  // The last minute: whoever asks now has it refreshed, and gets the old one where that fails.
  const last = await sessionAt(user, 30);
  expect(await tokenIn(user, own.env)).toEqual({ code: 0, stdout: `${last}\n`, stderr: '' });
  expect(await tokenIn(user)).toMatchObject({ code: 0, stdout: `${last}\n` });
  expect((await user.run('beamd', ['orgs', '--refresh'], { env: own.env })).code).toBe(5);
  await sessionAt(user, -5);
  expect((await tokenIn(user, own.env)).code).toBe(5);
  expect(hostile.asked).toEqual([]);
  expect(own.asked.length).toBeGreaterThanOrEqual(3);
  expect(new Set(own.asked)).toEqual(new Set([`${HOST}:443`]));
  expect(user.agents()).toHaveLength(1);
});

test('a token that a server rejected is exchanged on the way of who reports it, and not given again by an agent on another', async () => {
  const user = keep(createCliUser());
  const [hostile, own] = [keep(await startProxy()), keep(await startProxy())];
  const token = await sessionAt(user, 1000);
  succeeded(await tokenIn(user, hostile.env));
  const report = { stdin: `${token}\n`, env: own.env };
  expect(await user.run('beamd', ['token', '--rejected', '-'], report)).toMatchObject({ code: 5, stdout: '' });
  expect([hostile.asked, new Set(own.asked)]).toEqual([[], new Set([`${HOST}:443`])]);
});

test('a proxy that is gone troubles nobody but those who have it set', async () => {
  const user = keep(createCliUser());
  const gone = await startProxy();
  await gone.close();
  const own = keep(await startProxy());
  await sessionAt(user, -5);
  const inGone = await tokenIn(user, gone.env);
  expect(inGone.code).toBe(5);
  const inOwn = await tokenIn(user, own.env);
  expect({ code: inOwn.code, same: inOwn.stderr === inGone.stderr, asked: own.asked.length > 0 }).toEqual({
    code: 5,
    same: false,
    asked: true,
  });
});

test('a login remembers its network settings, and none of what stands in them', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const password = randomBytes(16).toString('hex');
  const accounts = createAccountStore({ homes: user.homes, clock: systemClock, env: user.env });
  const networkOfLogin = async (env: Readonly<Record<string, string>>): Promise<string | undefined> => {
    succeeded(await decideByCode(user.start('beamd', ['login', '--server', edge.origin], { env }), edge));
    return (await accounts.read(keyOf(edge)))?.network;
  };
  const proxied = await networkOfLogin({ HTTPS_PROXY: `http://me:${password}@proxy.example.com:3128` });
  expect(proxied).toMatch(/^[0-9a-f]{32}$/);
  expect(findInText('network', proxied ?? '', [password])).toEqual([]);
  // With a new password it is the same way; through another proxy, or past one, it is not.
  expect(await networkOfLogin({ HTTPS_PROXY: `http://me:${password}2@proxy.example.com:3128` })).toBe(proxied);
  expect(await networkOfLogin({ HTTPS_PROXY: `http://me:${password}@proxy.example.net:3128` })).not.toBe(proxied);
  expect(await networkOfLogin({})).toBeUndefined();
});

/** An agent that a shell started, whatever that shell had around it, and a token that has run out since. */
async function expiredUnderAgent(prefix: (line: string) => [string, ...string[]]) {
  const edge = keep(await startBeamAuthEdge({ expiresIn: 3 }));
  const user = keep(createCliUser());
  await logIn(user, edge);
  const line = `exec ${quoted(commandOf('beamd'))} agent start`;
  const [command, ...args] = prefix(line);
  execFileSync(command, args, { env: user.env, cwd: user.work });
  expect(user.agents()).toHaveLength(1);
  const { expires_at } = JSON.parse(succeeded(await user.beamd('token', '--json')).stdout) as { expires_at: string };
  edge.setExpiresIn(3600);
  await sleep(Math.max(0, Date.parse(expires_at) - Date.now()) + 100);
  return { edge, user };
}

const canUnshare = LINUX && isRoot && spawnSync('unshare', ['-n', 'true']).status === 0;

test.skipIf(!canUnshare)('an agent in a network without a way out: a command that has one refreshes by itself', async () => {
  const { edge, user } = await expiredUnderAgent((line) => ['unshare', '-n', 'sh', '-c', line]);
  const before = edge.counters.refreshes;
  const ran = succeeded(await user.beamd('token'));
  expect(ran).toMatchObject({ stderr: '', stdout: expect.stringMatching(/^bat_/) as string });
  expect([edge.counters.refreshes - before, edge.counters.refusedRefreshes]).toEqual([1, 0]);
  // The agent reads what was stored, and gives it out.
  expect((await user.beamd('token')).stdout).toBe(ran.stdout);
  expect(user.agents()).toHaveLength(1);
});

test.skipIf(!LINUX)('an agent that may write no file: a command that may refreshes by itself', async () => {
  const { edge, user } = await expiredUnderAgent((line) => ['sh', '-c', `ulimit -f 8; ${line}`]);
  const before = edge.counters.refreshes;
  const ran = succeeded(await user.beamd('token'));
  expect(ran).toMatchObject({ stderr: '', stdout: expect.stringMatching(/^bat_/) as string });
  expect([edge.counters.refreshes - before, edge.counters.refusedRefreshes]).toEqual([1, 0]);
});

describe('with BEAMD_ENCRYPTION_KEY', () => {
  test('commands that have it need no agent, and no agent ever has it', async (context) => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    const plain = keep(createCliUser());
    await logIn(plain, edge);
    const [key = ''] =
      /AGE-SECRET-KEY-1\w+/.exec(execFileSync('cat', [join(plain.home, '.beamd/encryption.key')], { encoding: 'utf8' })) ?? [];
    const env = { BEAMD_ENCRYPTION_KEY: key };
    succeeded(await decideByCode(user.start('beamd', ['login', '--server', edge.origin], { env }), edge));
    rmSync(join(user.home, '.beamd/encryption.key'), { force: true });
    expect((await tokenIn(user)).code).toBe(1);
    succeeded(await user.beamd('agent', 'stop'));
    expect(succeeded(await tokenIn(user, env))).toMatchObject({ stderr: '', stdout: expect.stringMatching(/^bat_/) as string });
    expect(user.agents()).toEqual([]);
    // These go to an agent first, which cannot open what they need.
    succeeded(await user.run('beamd', ['orgs', '--refresh'], { env }));
    succeeded(await user.run('beamd', ['status', '--check'], { env }));
    const [agent] = user.agents();
    expect(agent).toBeDefined();
    if (!isRoot || !LINUX) context.skip("only root may read another process's memory");
    expect(occurrences(agent?.pid ?? 0, [key])).toEqual([0]);
  });
});

test.skipIf(missingPrograms().length > 0)('a keyring that only the command can reach gives a token', async () => {
  const keyring = keep(await startKeyring());
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  succeeded(await decideByCode(user.start('beamd', ['login', '--server', edge.origin], { env: keyring.env }), edge));
  // As over ssh: no session bus.
  (await startAgent(user, edge)).close();
  const without = await tokenIn(user);
  expect({ code: without.code, stdout: without.stdout }).toEqual({ code: 1, stdout: '' });
  expect(without.stderr).toContain('There is no OS keyring here');
  expect(succeeded(await tokenIn(user, keyring.env))).toMatchObject({
    stderr: '',
    stdout: expect.stringMatching(/^bat_/) as string,
  });
  const agent = await connect(user, edge);
  expect(user.agents().map(({ pid }) => pid)).toEqual([agent.info.pid]);
  agent.close();
});
