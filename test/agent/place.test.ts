/** Agents whose home is moved, removed or seen twice, whose short folder is taken, or that have a neighbour at their socket. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startSelfHostedEdge, type SelfHostedEdge } from '../../sandbox/testing.ts';
import { isRoot, socketOf, startAgent } from '../support/agent.ts';
import { until } from '../support/measure.ts';
import { logInWithToken, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, type Ran, type CliUser, type CliUserOptions } from '../support/cli-user.ts';

const NOBODY = 65_534;
const LINUX = process.platform === 'linux';
type Keep = ReturnType<typeof cleanup>;

async function place(keep: Keep, options: CliUserOptions = {}): Promise<{ edge: SelfHostedEdge; user: CliUser }> {
  const edge = keep(await startSelfHostedEdge());
  const user = keep(createCliUser(options));
  await logInWithToken(user, edge.origin, edge.token);
  return { edge, user };
}

const tokenOf = (edge: SelfHostedEdge): Ran => ({ code: 0, stdout: `${edge.token}\n`, stderr: '' });
const pids = (user: CliUser): number[] => user.agents().map(({ pid }) => pid);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!LINUX)('an agent whose home', () => {
  test.concurrent('is moved: nobody is told to log in, and the next agent is another', async (context) => {
    const { edge, user } = await place(cleanup(context.onTestFinished));
    const agent = await startAgent(user, edge);
    agent.close();
    const moved = join(user.home, 'moved');
    renameSync(join(user.home, '.beamd'), moved);
    const env = { BEAMD_HOME: moved };
    expect(await user.run('beamd', ['token'], { env })).toEqual(tokenOf(edge));
    await until(() => !isAlive(agent.info.pid));
    expect(await user.run('beamd', ['token'], { env })).toEqual(tokenOf(edge));
    expect(pids(user)).toHaveLength(1);
  });

  test.concurrent('is another view of this one that is gone: nobody is told to log in', async (context) => {
    if (!isRoot) context.skip('needs root to mount a file system');
    const keep = cleanup(context.onTestFinished);
    const { edge, user } = await place(keep);
    const view = join(user.home, 'view');
    mkdirSync(view, { mode: 0o700 });
    execFileSync('mount', ['--bind', join(user.home, '.beamd'), view]);
    let mounted = true;
    const unmount = (): void => {
      if (mounted) execFileSync('umount', ['-l', view]);
      mounted = false;
    };
    keep({ close: unmount });
    succeeded(await user.run('beamd', ['agent', 'start'], { env: { BEAMD_HOME: view } }));
    const [first = 0] = pids(user);
    // One socket, and one agent for both views.
    expect(await user.beamd('token')).toEqual(tokenOf(edge));
    expect(pids(user)).toEqual([first]);
    unmount();
    expect(await user.beamd('token')).toEqual(tokenOf(edge));
    await until(() => !isAlive(first));
    expect(await user.beamd('token')).toEqual(tokenOf(edge));
    expect(pids(user)).toHaveLength(1);
  });

  test.concurrent.each([
    ['is removed', '.beamd'],
    ['loses the folder of its sockets', '.beamd/agents'],
  ])(
    '%s does not outlive it for long',
    async (_, folder) => {
      // By itself, and without a word of anybody: on its next look, in half a minute.
      const closers: { close(): unknown }[] = [];
      const keep: Keep = (resource) => (closers.push(resource), resource);
      try {
        const { edge, user } = await place(keep);
        const agent = await startAgent(user, edge);
        agent.close();
        rmSync(join(user.home, folder), { recursive: true });
        await until(() => !isAlive(agent.info.pid), 50_000);
      } finally {
        for (const closer of closers.toReversed()) await closer.close();
      }
    },
    60_000,
  );
});

describe('an account whose home has a long name', () => {
  const homeName = 'h'.repeat(90);

  test('has its agent in XDG_RUNTIME_DIR, if there is one of ours', async (context) => {
    const keep = cleanup(context.onTestFinished);
    const { edge, user } = await place(keep, { homeName });
    const runtime = join(user.root, 'r');
    mkdirSync(runtime, { mode: 0o700 });
    const env = { XDG_RUNTIME_DIR: runtime };
    expect(await user.run('beamd', ['token'], { env })).toEqual(tokenOf(edge));
    expect(readdirSync(join(runtime, 'beamd')).filter((name) => name.endsWith('.sock'))).toHaveLength(1);
    expect(readdirSync(join(user.root, 't'))).toEqual([]);
    expect(await user.beamd('token')).toEqual(tokenOf(edge));
    expect(pids(user)).toHaveLength(1);
  });

  test('has one agent, whatever TMPDIR says', async (context) => {
    const keep = cleanup(context.onTestFinished);
    const { edge, user } = await place(keep, { homeName });
    const other = join(user.root, 'o');
    mkdirSync(other, { mode: 0o700 });
    expect(await user.beamd('token')).toEqual(tokenOf(edge));
    expect(await user.run('beamd', ['token'], { env: { TMPDIR: other } })).toEqual(tokenOf(edge));
    expect(pids(user)).toHaveLength(1);
    expect(readdirSync(other)).toEqual([]);
    // And when the folder is cleared away, as folders for temporary files are.
    succeeded(await user.beamd('agent', 'stop'));
    rmSync(join(user.root, 't'), { recursive: true });
    expect(await user.run('beamd', ['token'], { env: { TMPDIR: other } })).toEqual(tokenOf(edge));
    expect(readdirSync(other)).toHaveLength(1);
    succeeded(await user.run('beamd', ['logout'], { env: { TMPDIR: other } }));
    expect(readdirSync(join(user.home, '.beamd/agents'))).toEqual([]);
  });

  test("is not held up by another user's folder in the place of its own", async (context) => {
    if (!isRoot) context.skip('only root can give a folder away');
    const keep = cleanup(context.onTestFinished);
    const { edge, user } = await place(keep, { homeName });
    const taken = join(user.root, 't', `beamd-${process.getuid?.() ?? 0}`);
    mkdirSync(taken, { mode: 0o777 });
    chownSync(taken, NOBODY, NOBODY);
    const together = await Promise.all(Array.from({ length: 4 }, () => user.beamd('token')));
    expect(together).toEqual(together.map(() => tokenOf(edge)));
    expect(pids(user)).toHaveLength(1);
    expect(await user.beamd('token')).toEqual(tokenOf(edge));
    expect(readdirSync(taken)).toEqual([]);
  });
});

/** The tunnel agent of another program: HTTP, at the very place of our socket. */
async function neighbour(keep: Keep, user: CliUser, edge: SelfHostedEdge, withLock: boolean) {
  const folder = join(user.home, '.beamd/agents');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const base = join(folder, `127.0.0.1_${edge.port}`);
  if (withLock) writeFileSync(`${base}.sock.lock`, '');
  let connections = 0;
  const server = createServer((_, response) => response.end('tunnels'));
  server.on('connection', () => (connections += 1));
  const umask = process.umask(0o177);
  await new Promise<void>((resolve) => server.listen(`${base}.sock`, resolve));
  process.umask(umask);
  keep({ close: () => void server.close() });
  return { base, inode: statSync(`${base}.sock`).ino, connections: () => connections };
}

test.each([
  ['with the lock of the Go beamd', true],
  ['without a lock', false],
])('an agent works beside another one at its socket, %s', async (_, withLock) => {
  const closers: { close(): unknown }[] = [];
  const keep: Keep = (resource) => (closers.push(resource), resource);
  try {
    const { edge, user } = await place(keep);
    const { base, inode, connections } = await neighbour(keep, user, edge, withLock);
    expect(await user.beamd('token')).toEqual(tokenOf(edge));
    expect(await user.beamd('token')).toEqual(tokenOf(edge));
    expect(pids(user)).toHaveLength(1);
    expect((await socketOf(user, edge)).socket).toBe(`${base}.beamd.sock`);
    succeeded(await user.beamd('agent', 'stop'));
    succeeded(await user.beamd('agent', 'start'));
    succeeded(await user.beamd('logout'));
    expect(pids(user)).toEqual([]);
    const left = readdirSync(dirname(base)).map((name) => join(dirname(base), name));
    expect(left).toEqual([`${base}.sock`, ...(withLock ? [`${base}.sock.lock`] : [])]);
    expect({ inode: statSync(`${base}.sock`).ino, connections: connections() }).toEqual({ inode, connections: 0 });
  } finally {
    for (const closer of closers.toReversed()) await closer.close();
  }
});

describe.skipIf(!isRoot)('a project file', () => {
  const prepare = async (keep: Keep, owner: number) => {
    const { edge, user } = await place(keep);
    const project = join(user.root, 'project');
    mkdirSync(project);
    writeFileSync(join(project, '.beamd'), `server: ${edge.origin}\n`);
    chownSync(join(project, '.beamd'), owner, owner);
    // Down to the home every folder lets everybody pass.
    for (let path = user.root; path !== '/tmp' && path !== '/'; path = dirname(path)) chmodSync(path, 0o755);
    execFileSync('chown', ['-R', String(NOBODY), user.home]);
    const run = (args: string[], cwd = project): Promise<Ran> =>
      new Promise((resolve) => {
        const [file, ...words] = commandOf('beamd');
        const child = spawn(file, [...words, ...args], {
          cwd,
          env: { ...user.env, BEAMD_NO_AGENT: '1' },
          uid: NOBODY,
          gid: NOBODY,
        });
        const said = { stdout: '', stderr: '' };
        child.stdout.on('data', (text: Buffer) => (said.stdout += text.toString()));
        child.stderr.on('data', (text: Buffer) => (said.stderr += text.toString()));
        child.once('close', (code) => resolve({ code, ...said }));
      });
    return { edge, project, run };
  };

  test('of another user is not followed: it is named, with a way out', async (context) => {
    const { edge, project, run } = await prepare(cleanup(context.onTestFinished), 1);
    const ran = await run(['token']);
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 6, stdout: '' });
    expect(ran.stderr).toContain(`${join(project, '.beamd')} belongs to another user (uid 1)`);
    expect(ran.stderr).toContain('--server');
    expect(await run(['token', '--server', edge.origin], dirname(project))).toEqual(tokenOf(edge));
  });

  test.each([
    ["of one's own", NOBODY],
    ['of root', 0],
  ])('%s is followed', async (_, owner) => {
    const closers: { close(): unknown }[] = [];
    try {
      const { edge, run } = await prepare((resource) => (closers.push(resource), resource), owner);
      expect(await run(['token'])).toEqual(tokenOf(edge));
    } finally {
      for (const closer of closers.toReversed()) await closer.close();
    }
  });
});
