/** What stands as `agent_socket` in a file of `--config` is somebody's word: sockets that others could have put there, and liars. */
import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { randomBytes } from 'node:crypto';
import { isRoot } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { writeConfig } from '../support/files.ts';
import { namedSocket } from '../../src/agent/client/named-socket.ts';

const keep = cleanup();
const SERVER = 'edge.example.com';
const NOBODY = 65_534;

/** Listens at a path; `answer` gets each request that comes. */
async function listen(
  path: string,
  answer: (request: Request, socket: Socket) => void,
): Promise<{ readonly connections: () => number }> {
  let connections = 0;
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.on('error', () => undefined);
    createInterface({ input: socket }).on('line', (line) => answer(JSON.parse(line) as Request, socket));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  keep({
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return { connections: () => connections };
}

interface Request {
  readonly id: number;
  readonly method: string;
}

/** An agent that says whose it is, and gives a token of whatever server. */
function agentThat(hello: Readonly<Record<string, unknown>>, grant: Readonly<Record<string, unknown>>) {
  const info = { protocol: 3, version: '9.9.9', pid: 1, account: SERVER, network: '', desktop: '', ...hello };
  return ({ id, method }: Request, socket: Socket): void => {
    const result = method === 'hello' ? info : grant;
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, result })}\n`);
  };
}

/** A folder as agents have it, with a short path: the names of sockets are. */
function folderOf(user: CliUser): string {
  return mkdtempSync(join(user.root, 's-'));
}

const UNSAFE: readonly (readonly [string, string, (socket: string) => void])[] = [
  ['a folder that others can enter', 'SOCKET is not private to you', (socket) => chmodSync(dirname(socket), 0o711)],
  [
    'a link to the socket',
    'SOCKET is not private to you',
    (socket) => {
      renameSync(socket, `${socket}.real`);
      symlinkSync(`${socket}.real`, socket);
    },
  ],
  [
    'a link to the folder',
    'SOCKET is not private to you',
    (socket) => {
      const folder = dirname(socket);
      renameSync(folder, `${folder}.real`);
      symlinkSync(`${folder}.real`, folder);
    },
  ],
  [
    'a folder above that others can write to',
    'ABOVE can be changed by others',
    (socket) => chmodSync(join(socket, '../..'), 0o777),
  ],
  [
    'a file that is no socket',
    'SOCKET is not private to you',
    (socket) => {
      renameSync(socket, `${socket}.real`);
      writeFileSync(socket, '');
    },
  ],
];

test.each(UNSAFE)('%s: nothing is sent', async (_, problem, spoil) => {
  const user = keep(createCliUser());
  const above = join(folderOf(user), 'a');
  const socket = join(above, 'b', 'x.sock');
  mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
  const { connections } = await listen(socket, agentThat({}, {}));
  writeConfig(user, 'app.yaml', { server: SERVER, agent_socket: socket });
  spoil(socket);
  expect(await user.beamd('token', '--config', 'app.yaml')).toEqual({
    code: 6,
    stdout: '',
    stderr:
      `Error: ${problem.replace('SOCKET', socket).replace('ABOVE', above)}, so the agent there cannot be trusted\n` +
      "Hint: An agent's socket is in a folder of yours that is closed to others (0700)\n",
  });
  expect(connections()).toBe(0);
});

test('what belongs to another user is refused', async (context) => {
  if (!isRoot) context.skip('only root can give a file away');
  const user = keep(createCliUser());
  const socket = join(folderOf(user), 'b', 'x.sock');
  mkdirSync(dirname(socket), { mode: 0o700 });
  const { connections } = await listen(socket, agentThat({}, {}));
  writeConfig(user, 'app.yaml', { server: SERVER, agent_socket: socket });
  for (const path of [socket, dirname(socket), dirname(dirname(socket))]) {
    const { uid } = lstatSync(path);
    chownSync(path, NOBODY, NOBODY);
    expect({ path, code: (await user.beamd('token', '--config', 'app.yaml')).code }).toEqual({ path, code: 6 });
    chownSync(path, uid, uid);
  }
  expect(connections()).toBe(0);
});

test.each([
  ['a token of another server', {}, { server: 'evil.example.com' }, 6],
  ['a token of the server over plain http', {}, { server: `http://${SERVER}` }, 6],
  ['a server that is none', {}, { server: 'a b' }, 6],
  ['an account that is none', { account: '../../etc' }, { server: SERVER }, 6],
  ['another protocol', { protocol: 2 }, { server: SERVER }, 1],
  ['no token at all', {}, { access_token: null, server: SERVER }, 1],
  ['an empty token', {}, { access_token: '', server: SERVER }, 1],
  ['a token that is two lines of a header', {}, { access_token: 'a\nX-Other: b', server: SERVER }, 1],
  ['a token that a terminal obeys', {}, { access_token: '\u001b]0;a\u0007', server: SERVER }, 1],
])('an agent that gives %s gets nowhere', async (_, hello, grant, code) => {
  const user = keep(createCliUser());
  const socket = join(folderOf(user), 'x.sock');
  const secret = randomBytes(16).toString('hex');
  await listen(socket, agentThat(hello, { access_token: secret, ...grant }));
  writeConfig(user, 'app.yaml', { server: SERVER, agent_socket: socket });
  const ran = await user.beamd('token', '--config', 'app.yaml');
  expect({ code: ran.code, stdout: ran.stdout }).toEqual({ code, stdout: '' });
  expect(ran.stderr).toMatch(/^Error: .+\n(?:Hint|Run): .+\n(?:Help: .+\n)?$/);
  expect(ran.stderr).not.toContain(secret);
});

test('a socket of another program does not answer, and that is said', async () => {
  const user = keep(createCliUser());
  const socket = join(folderOf(user), 'x.sock');
  await listen(socket, () => undefined);
  writeConfig(user, 'app.yaml', { server: SERVER, agent_socket: socket });
  expect(await user.beamd('token', '--config', 'app.yaml')).toEqual({
    code: 1,
    stdout: '',
    stderr: `Error: The agent at ${socket} does not answer\nRun: beamd agent status --all\n`,
  });
});

test('a path that cannot be gone is one where nobody listens', async () => {
  const user = keep(createCliUser());
  for (const path of ['no/such/x.sock', 'app.yaml/no/x.sock']) {
    const file = writeConfig(user, 'app.yaml', { server: SERVER, agent_socket: path });
    expect(await user.beamd('token', '--config', 'app.yaml')).toEqual({
      code: 1,
      stdout: '',
      stderr: `Error: No agent listens at ${join(user.work, path)} (in ${file})\nRun: beamd agent status --all\n`,
    });
  }
});

test('on Windows it is a pipe of this machine', () => {
  const pipes = { pipe: () => '' };
  expect(namedSocket('\\\\.\\pipe\\beamd-1', pipes)).toMatchObject({ socket: '\\\\.\\pipe\\beamd-1', pipe: true });
  for (const path of ['\\\\evil\\pipe\\beamd-1', 'C:\\x.sock', '\\\\.\\pipe\\..\\x', '\\\\.\\pipe\\']) {
    expect(() => namedSocket(path, pipes)).toThrow('is no named pipe of this machine');
  }
});
