/** Agents whose home is moved, removed or seen twice, whose short folder is taken, or that have a neighbour at their socket. */
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PACKAGE_ROOT, startSelfHostedEdge, type SelfHostedEdge } from '../../sandbox/testing.ts';
import { isRoot, socketOf, startAgent, until } from '../support/agent.ts';
import { logInWithToken, succeeded } from '../support/login.ts';
import { closingWith } from '../support/together.ts';
import { createWorld, NODE, type Ran, type World, type WorldOptions } from '../support/world.ts';

const NOBODY = 65_534;
const LINUX = process.platform === 'linux';
type Keep = ReturnType<typeof closingWith>;

async function place(keep: Keep, options: WorldOptions = {}): Promise<{ edge: SelfHostedEdge; world: World }> {
  const edge = keep(await startSelfHostedEdge());
  const world = keep(createWorld(options));
  await logInWithToken(world, edge.origin, edge.token);
  return { edge, world };
}

const tokenOf = (edge: SelfHostedEdge): Ran => ({ code: 0, stdout: `${edge.token}\n`, stderr: '' });
const pids = (world: World): number[] => world.agents().map(({ pid }) => pid);

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
    const { edge, world } = await place(closingWith(context));
    const agent = await startAgent(world, edge);
    agent.close();
    const moved = join(world.home, 'moved');
    renameSync(join(world.home, '.beamd'), moved);
    const env = { BEAMD_HOME: moved };
    expect(await world.run('beamd', ['token'], { env })).toEqual(tokenOf(edge));
    await until(() => !isAlive(agent.info.pid));
    expect(await world.run('beamd', ['token'], { env })).toEqual(tokenOf(edge));
    expect(pids(world)).toHaveLength(1);
  });

  test.concurrent('is another view of this one that is gone: nobody is told to log in', async (context) => {
    if (!isRoot) context.skip('needs root to mount a file system');
    const keep = closingWith(context);
    const { edge, world } = await place(keep);
    const view = join(world.home, 'view');
    mkdirSync(view, { mode: 0o700 });
    execFileSync('mount', ['--bind', join(world.home, '.beamd'), view]);
    let mounted = true;
    const unmount = (): void => {
      if (mounted) execFileSync('umount', ['-l', view]);
      mounted = false;
    };
    keep({ close: unmount });
    succeeded(await world.run('beamd', ['agent', 'start'], { env: { BEAMD_HOME: view } }));
    const [first = 0] = pids(world);
    // One socket, and one agent for both views.
    expect(await world.beamd('token')).toEqual(tokenOf(edge));
    expect(pids(world)).toEqual([first]);
    unmount();
    expect(await world.beamd('token')).toEqual(tokenOf(edge));
    await until(() => !isAlive(first));
    expect(await world.beamd('token')).toEqual(tokenOf(edge));
    expect(pids(world)).toHaveLength(1);
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
        const { edge, world } = await place(keep);
        const agent = await startAgent(world, edge);
        agent.close();
        rmSync(join(world.home, folder), { recursive: true });
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
    const keep = closingWith(context);
    const { edge, world } = await place(keep, { homeName });
    const runtime = join(world.root, 'r');
    mkdirSync(runtime, { mode: 0o700 });
    const env = { XDG_RUNTIME_DIR: runtime };
    expect(await world.run('beamd', ['token'], { env })).toEqual(tokenOf(edge));
    expect(readdirSync(join(runtime, 'beamd')).filter((name) => name.endsWith('.sock'))).toHaveLength(1);
    expect(readdirSync(join(world.root, 't'))).toEqual([]);
    expect(await world.beamd('token')).toEqual(tokenOf(edge));
    expect(pids(world)).toHaveLength(1);
  });

  test('has one agent, whatever TMPDIR says', async (context) => {
    const keep = closingWith(context);
    const { edge, world } = await place(keep, { homeName });
    const other = join(world.root, 'o');
    mkdirSync(other, { mode: 0o700 });
    expect(await world.beamd('token')).toEqual(tokenOf(edge));
    expect(await world.run('beamd', ['token'], { env: { TMPDIR: other } })).toEqual(tokenOf(edge));
    expect(pids(world)).toHaveLength(1);
    expect(readdirSync(other)).toEqual([]);
    // And when the folder is cleared away, as folders for temporary files are.
    succeeded(await world.beamd('agent', 'stop'));
    rmSync(join(world.root, 't'), { recursive: true });
    expect(await world.run('beamd', ['token'], { env: { TMPDIR: other } })).toEqual(tokenOf(edge));
    expect(readdirSync(other)).toHaveLength(1);
    succeeded(await world.run('beamd', ['logout'], { env: { TMPDIR: other } }));
    expect(readdirSync(join(world.home, '.beamd/agents'))).toEqual([]);
  });

  test("is not held up by another user's folder in the place of its own", async (context) => {
    if (!isRoot) context.skip('only root can give a folder away');
    const keep = closingWith(context);
    const { edge, world } = await place(keep, { homeName });
    const taken = join(world.root, 't', `beamd-${process.getuid?.() ?? 0}`);
    mkdirSync(taken, { mode: 0o777 });
    chownSync(taken, NOBODY, NOBODY);
    const together = await Promise.all(Array.from({ length: 4 }, () => world.beamd('token')));
    expect(together).toEqual(together.map(() => tokenOf(edge)));
    expect(pids(world)).toHaveLength(1);
    expect(await world.beamd('token')).toEqual(tokenOf(edge));
    expect(readdirSync(taken)).toEqual([]);
  });
});

/** The tunnel agent of another program: HTTP, at the very place of our socket. */
async function neighbour(keep: Keep, world: World, edge: SelfHostedEdge, withLock: boolean) {
  const folder = join(world.home, '.beamd/agents');
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
    const { edge, world } = await place(keep);
    const { base, inode, connections } = await neighbour(keep, world, edge, withLock);
    expect(await world.beamd('token')).toEqual(tokenOf(edge));
    expect(await world.beamd('token')).toEqual(tokenOf(edge));
    expect(pids(world)).toHaveLength(1);
    expect((await socketOf(world, edge)).socket).toBe(`${base}.beamd.sock`);
    succeeded(await world.beamd('agent', 'stop'));
    succeeded(await world.beamd('agent', 'start'));
    succeeded(await world.beamd('logout'));
    expect(pids(world)).toEqual([]);
    const left = readdirSync(dirname(base)).map((name) => join(dirname(base), name));
    expect(left).toEqual([`${base}.sock`, ...(withLock ? [`${base}.sock.lock`] : [])]);
    expect({ inode: statSync(`${base}.sock`).ino, connections: connections() }).toEqual({ inode, connections: 0 });
  } finally {
    for (const closer of closers.toReversed()) await closer.close();
  }
});

describe.skipIf(!isRoot)('a project file', () => {
  const prepare = async (keep: Keep, owner: number) => {
    const { edge, world } = await place(keep);
    const project = join(world.root, 'project');
    mkdirSync(project);
    writeFileSync(join(project, '.beamd'), `server: ${edge.origin}\n`);
    chownSync(join(project, '.beamd'), owner, owner);
    // Down to the home every folder lets everybody pass.
    for (let path = world.root; path !== '/tmp' && path !== '/'; path = dirname(path)) chmodSync(path, 0o755);
    execFileSync('chown', ['-R', String(NOBODY), world.home]);
    const run = (...args: string[]): Promise<Ran> =>
      new Promise((resolve) => {
        const argv = [join(PACKAGE_ROOT, 'bin/beamd.js'), ...args];
        const child = spawn(NODE, argv, { cwd: project, env: { ...world.env, BEAMD_NO_AGENT: '1' }, uid: NOBODY, gid: NOBODY });
        const said = { stdout: '', stderr: '' };
        child.stdout.on('data', (text: Buffer) => (said.stdout += text.toString()));
        child.stderr.on('data', (text: Buffer) => (said.stderr += text.toString()));
        child.once('close', (code) => resolve({ code, ...said }));
      });
    return { edge, project, run };
  };

  test('of another user is not followed: it is named, with a way out', async (context) => {
    const { edge, project, run } = await prepare(closingWith(context), 1);
    const ran = await run('token');
    expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code: 6, stdout: '' });
    expect(ran.stderr).toContain(`${join(project, '.beamd')} belongs to another user (uid 1)`);
    expect(ran.stderr).toContain('--server');
    expect(await run('token', '--server', edge.origin, '--scope', 'any')).toEqual(tokenOf(edge));
  });

  test.each([
    ["of one's own", NOBODY],
    ['of root', 0],
  ])('%s is followed', async (_, owner) => {
    const closers: { close(): unknown }[] = [];
    try {
      const { edge, run } = await prepare((resource) => (closers.push(resource), resource), owner);
      expect(await run('token')).toEqual(tokenOf(edge));
    } finally {
      for (const closer of closers.toReversed()) await closer.close();
    }
  });
});
