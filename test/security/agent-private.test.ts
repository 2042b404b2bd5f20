/** What other users of the machine can see of an agent, and what they could put in its place. */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { beforeAll, afterAll, describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startSelfHostedEdge, type SelfHostedEdge } from '../../sandbox/testing.ts';
import { isRoot, keyOf, socketOf, startAgent } from '../support/agent.ts';
import { figure } from '../support/measure.ts';
import { logIn, logInWithToken, succeeded } from '../support/login.ts';
import { accountFile } from '../../src/store/paths.ts';
import { cleanup } from '../support/cleanup.ts';
import { startEdgeUser } from '../support/edge.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();
const NOBODY = 65_534;

/** Looks at every path below some folders as fast as it can, and notes each that others may use. */
const SAMPLER = `
const { lstatSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { parentPort, workerData: { folders, stop } } = require('node:worker_threads');
const flag = new Int32Array(stop);
const loose = new Set();
const seen = new Set();
function look(path) {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  seen.add(path);
  if (!stat.isSymbolicLink() && (stat.mode & 0o077) !== 0) loose.add(path + ' ' + (stat.mode & 0o7777).toString(8));
  if (!stat.isDirectory()) return;
  let names = [];
  try { names = readdirSync(path); } catch {}
  for (const name of names) look(join(path, name));
}
while (Atomics.load(flag, 0) === 0) { for (const folder of folders) look(folder); Atomics.wait(flag, 0, 0, 0.2); }
parentPort.postMessage({ loose: [...loose], seen: [...seen] });
`;

interface Modes {
  /** Paths that others could use at some moment, with their modes. */
  readonly loose: string[];
  readonly seen: string[];
}

async function watchedModes(folders: readonly string[], work: () => Promise<void>): Promise<Modes> {
  const stop = new SharedArrayBuffer(4);
  const sampler = new Worker(SAMPLER, { eval: true, workerData: { folders, stop } });
  const seen = new Promise<Modes>((resolve, reject) => {
    sampler.once('message', resolve);
    sampler.once('error', reject);
  });
  try {
    await work();
  } finally {
    Atomics.store(new Int32Array(stop), 0, 1);
  }
  return seen;
}

/** Runs a command the way a careless shell does: whatever it makes is open to all unless it says otherwise. */
function underOpenUmask(user: CliUser, ...args: string[]): Promise<number | null> {
  return new Promise((resolve) => {
    const line = `umask 000; exec ${quoted(commandOf('beamd'))} "$@"`;
    const child = spawn('sh', ['-c', line, 'sh', ...args], { env: user.env, cwd: user.work, stdio: 'ignore' });
    child.once('exit', resolve);
  });
}

describe('another local user', () => {
  test.each([
    ['in a home of usual length', 'home', ['token', 'agent stop', 'agent start', 'default acme', 'orgs --refresh', 'logout']],
    ['with its socket in a short folder', 'h'.repeat(90), ['token', 'logout']],
  ])('under umask 000, %s, there is no moment at which a file or socket is loose', async (_, homeName, lines) => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser({ homeName }));
    await logIn(user, edge);
    const temporary = user.env['TMPDIR'] ?? '';
    const { loose, seen } = await watchedModes(
      [join(user.home, '.beamd'), join(temporary, `beamd-${process.getuid?.() ?? 0}`)],
      async () => {
        for (const line of lines) {
          expect({ line, code: await underOpenUmask(user, ...line.split(' ')) }).toEqual({ line, code: 0 });
        }
      },
    );
    figure('loose modes under umask 000', { paths: seen.length, loose: loose.length });
    expect(loose).toEqual([]);
    expect(seen).toEqual(expect.arrayContaining([accountFile(user.homes, keyOf(edge)), expect.stringMatching(/\.sock$/)]));
  });

  test('nobody connects, however reachable the folder is', async (context) => {
    if (!isRoot) context.skip('only root can become another user');
    const { edge, user } = await startEdgeUser(keep);
    const agent = await startAgent(user, edge);
    const { socket, folder } = await socketOf(user, edge);
    // Down to ~/.beamd every folder lets everybody pass.
    for (let path = user.home; path !== '/tmp' && path !== '/'; path = dirname(path)) chmodSync(path, 0o755);
    expect(connectAsNobody(socket)).toBe('EACCES');
    for (const path of [join(user.home, '.beamd'), folder]) chmodSync(path, 0o755);
    expect(connectAsNobody(socket)).toBe('EACCES');
    for (const path of [join(user.home, '.beamd'), folder]) chmodSync(path, 0o700);
    expect((await agent.status()).served).toBe(0);
    agent.close();
  });
});

/** What a connection attempt of another user ends with: an error's code, or `connected`. */
function connectAsNobody(socket: string): string {
  const script = `require('node:net').connect(process.argv[1]).on('connect', () => { console.log('connected'); process.exit() }).on('error', (e) => console.log(e.code))`;
  return execFileSync(process.execPath, ['-e', script, socket], {
    uid: NOBODY,
    gid: NOBODY,
    cwd: '/',
    encoding: 'utf8',
    env: {},
  }).trim();
}

describe('a hijacked or fake socket', () => {
  const keepForAll = cleanup(afterAll);
  let edge: SelfHostedEdge;
  let base: CliUser;
  beforeAll(async () => {
    edge = keepForAll(await startSelfHostedEdge());
    base = keepForAll(createCliUser());
    await logInWithToken(base, edge.origin, edge.token);
  });

  interface Place {
    readonly beamd: string;
    readonly agents: string;
    readonly socket: string;
    /** A folder that nothing may be written to, with a listening socket `s` in it. */
    readonly outside: string;
    /** Listens at a path and counts what comes. */
    fake(path: string): Promise<void>;
  }
  type Layout = readonly [
    name: string,
    bad: 'beamd' | 'agents' | 'socket',
    make: (place: Place) => Promise<void> | void,
    root?: 'root',
  ];

  const inPlaceOf = (path: string, make: () => void): void => {
    rmSync(path, { recursive: true, force: true });
    make();
  };
  const open =
    (path: (place: Place) => string, mode: number) =>
    async (place: Place): Promise<void> => {
      await place.fake(place.socket);
      chmodSync(path(place), mode);
    };
  const foreign =
    (path: (place: Place) => string) =>
    async (place: Place): Promise<void> => {
      await place.fake(place.socket);
      chownSync(path(place), NOBODY, NOBODY);
    };
  const link =
    (path: (place: Place) => string, target: (place: Place) => string) =>
    (place: Place): void => {
      inPlaceOf(path(place), () => symlinkSync(target(place), path(place)));
    };
  const moved =
    (path: (place: Place) => string) =>
    async (place: Place): Promise<void> => {
      await place.fake(place.socket);
      renameSync(path(place), `${path(place)}.real`);
      symlinkSync(`${path(place)}.real`, path(place));
    };
  const fifo =
    (path: (place: Place) => string) =>
    (place: Place): void => {
      inPlaceOf(path(place), () => void execFileSync('mkfifo', [path(place)]));
    };
  const file =
    (path: (place: Place) => string) =>
    (place: Place): void => {
      inPlaceOf(path(place), () => {
        writeFileSync(path(place), '', { mode: 0o600 });
      });
    };
  const beamd = (place: Place): string => place.beamd;
  const agents = (place: Place): string => place.agents;
  const socket = (place: Place): string => place.socket;

  const LAYOUTS: readonly Layout[] = [
    ['~/.beamd is a link to a folder of ours', 'beamd', moved(beamd)],
    ['~/.beamd is a link to elsewhere', 'beamd', link(beamd, ({ outside }) => outside)],
    ['~/.beamd is a link to nothing', 'beamd', link(beamd, () => '/nonexistent/beamd')],
    ['~/.beamd is a file', 'beamd', file(beamd)],
    ['~/.beamd is a pipe', 'beamd', fifo(beamd)],
    ["~/.beamd is another user's", 'beamd', foreign(beamd), 'root'],
    ['~/.beamd can be written to by the group', 'beamd', open(beamd, 0o770)],
    ['~/.beamd can be written to by all', 'beamd', open(beamd, 0o777)],
    ['the folder is a link to a folder of ours', 'agents', moved(agents)],
    ['the folder is a link to elsewhere', 'agents', link(agents, ({ outside }) => outside)],
    ['the folder is a link to nothing', 'agents', link(agents, () => '/nonexistent/agents')],
    ['the folder is a file', 'agents', file(agents)],
    ['the folder is a pipe', 'agents', fifo(agents)],
    ["the folder is another user's", 'agents', foreign(agents), 'root'],
    ['the folder has mode 0755', 'agents', open(agents, 0o755)],
    ['the folder has mode 0770', 'agents', open(agents, 0o770)],
    ['the folder has mode 0777', 'agents', open(agents, 0o777)],
    ['the folder has mode 0711', 'agents', open(agents, 0o711)],
    ['the socket is a file', 'socket', file(socket)],
    ['the socket is a link to a listening one', 'socket', link(socket, ({ outside }) => join(outside, 's'))],
    ['the socket is a link to nothing', 'socket', link(socket, () => '/nonexistent/s')],
    ['the socket is a link to a terminal', 'socket', link(socket, () => '/dev/tty')],
    ['the socket is a pipe', 'socket', fifo(socket)],
    ['the socket is a folder', 'socket', ({ socket: path }) => mkdirSync(path)],
    ["the socket is another user's", 'socket', foreign(socket), 'root'],
  ];

  test.each(
    LAYOUTS.map(([name, bad, make, root]) => ({ name, bad, make, root: root !== undefined })).filter(
      ({ root }) => isRoot || !root,
    ),
  )('$name: refused by name, and not a byte is sent', async ({ bad, make }) => {
    const user = keep(createCliUser({ from: base }));
    const received = { connections: 0, bytes: 0 };
    const servers: Server[] = [];
    keep({ close: () => servers.forEach((server) => server.close()) });
    const fake = (path: string): Promise<void> =>
      new Promise((resolve) => {
        const server = createServer((client) => {
          received.connections += 1;
          client.on('data', (bytes) => (received.bytes += bytes.length)).on('error', () => undefined);
        });
        servers.push(server);
        server.listen(path, resolve);
      });

    const folder = join(user.home, '.beamd/agents');
    const outside = join(user.root, 'outside');
    for (const path of [folder, outside]) mkdirSync(path, { recursive: true, mode: 0o700 });
    const place: Place = {
      beamd: join(user.home, '.beamd'),
      agents: folder,
      socket: join(folder, `127.0.0.1_${edge.port}.sock`),
      outside,
      fake,
    };
    await fake(join(outside, 's'));
    await make(place);

    const ran = await user.beamd('token', '--server', edge.origin);
    expect({ code: ran.code, stdout: ran.stdout, received }).toEqual({
      code: 6,
      stdout: '',
      received: { connections: 0, bytes: 0 },
    });
    expect(ran.stderr).toContain(`${place[bad]} `);
    expect(readdirSync(outside)).toEqual(['s']);
    expect(user.agents()).toEqual([]);
    if (existsSync('/nonexistent')) expect.fail('something was made outside');
  });

  test('a link in place of the log is not written through', async () => {
    const user = keep(createCliUser({ from: base }));
    const target = join(user.root, 'target');
    writeFileSync(target, 'mine');
    mkdirSync(join(user.home, '.beamd/agents'), { recursive: true, mode: 0o700 });
    symlinkSync(target, join(user.home, `.beamd/agents/127.0.0.1_${edge.port}.log`));
    succeeded(await user.beamd('token', '--server', edge.origin));
    expect(readFileSync(target, 'utf8')).toBe('mine');
    expect(lstatSync(join(user.home, `.beamd/agents/127.0.0.1_${edge.port}.log`)).isSymbolicLink()).toBe(true);
  });
});
