/** `beamd agent forward` through a real ssh and a real sshd, and what the other side can and cannot do with it. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BeamAuthEdge } from '../../sandbox/testing.ts';
import { agentLog } from '../../src/store/paths.ts';
import { keyOf, socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, type CliUser, type Ran } from '../support/cli-user.ts';
import { fitting } from '../support/expect-cli.ts';
import { succeeded } from '../support/login.ts';
import { missing } from '../support/programs.ts';
import { startEdgeUser } from '../support/edge.ts';
import { SSHD, startSshd, type Sshd } from '../support/sshd.ts';

const skip = missing('ssh', 'openssh-client') || missing(SSHD, 'openssh-server');
const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let user: CliUser;
let sshd: Sshd;
/** `beamd` as somebody without a login on the other side has it. */
let there: readonly string[];

beforeAll(async () => {
  if (skip) return;
  ({ edge, user } = await startEdgeUser(keep));
  sshd = keep(await startSshd(user.root));
  there = ['env', `BEAMD_HOME=${join(user.root, 'there')}`, ...commandOf('beamd')];
});

const forward = (words: readonly string[], ...flags: readonly string[]): Promise<Ran> =>
  user.beamd('agent', 'forward', '127.0.0.1', ...sshd.flags, ...flags, '--', ...words);

/** What is left when a connection has ended, here and there. */
const sockets = (): string[] => [
  ...readdirSync('/tmp').filter((name) => /^beamd-[\da-f]{32}\.sock$/.test(name)),
  ...readdirSync(user.env['TMPDIR'] ?? '').filter((name) => name.startsWith('beamd-forward-')),
];

test.skipIf(skip)('gives tokens of one org where there is no login, says so, and leaves nothing', async () => {
  const { stdout: own } = succeeded(await user.beamd('token', '--scope', 'acme'));
  const ran = await forward([...there, 'token'], '--scope', 'acme');
  expect(ran).toEqual({
    code: 0,
    stdout: own,
    stderr: expect.stringMatching(
      /^127\.0\.0\.1 gets tokens of \S+ for acme, and nothing else; that ends in 8 h \(.*\)\nbeamd: token for "beamd token" on 127\.0\.0\.1\n$/,
    ) as string,
  });
  const log = readFileSync(agentLog(user.homes, keyOf(edge)), 'utf8');
  expect(log).toMatch(
    /forwarding began host=127\.0\.0\.1 scope=acme\n.*forwarded host=127\.0\.0\.1 method=token client=beamd token\n/,
  );
  expect(log).not.toContain(own.trim());
  expect(sockets()).toEqual([]);
});

test.skipIf(skip)('curl on the other side; the exit code is that of what ran there', async () => {
  const script =
    'ls -l "$BEAMD_AGENT_SOCK" | cut -c1-10; for path in token status scopes; do ' +
    'curl --silent --unix-socket "$BEAMD_AGENT_SOCK" "http://agent/v1/$path"; done; exit 7';
  const { code, stdout } = await forward(['sh', '-c', script], '--scope', 'acme');
  const [mode, token = '', status = '', scopes = ''] = stdout.split('\n');
  expect([code, mode]).toEqual([7, 'srw-------']);
  expect(JSON.parse(token)).toMatchObject({ server: edge.origin, scope: 'acme' });
  expect(JSON.parse(status)).toMatchObject({ account: keyOf(edge) });
  expect(JSON.parse(scopes)).toMatchObject({ error: { code: 'forbidden' } });
});

test.skipIf(skip)('neither mints nor changes nor stops anything, whatever is asked', async () => {
  const asks = ['machine_token', 'authorize', 'refresh_scopes', 'scopes', 'activity', 'stop'].map((method, id) => {
    const params = {
      gateway_code: 'g',
      instance: { id: 'i', ip: '', port: 1, label: '', path_prefix: '' },
      via: 'cloud',
      retry: false,
    };
    return JSON.stringify({ jsonrpc: '2.0', id, method, params });
  });
  const client =
    "const s=require('node:net').connect(process.env.BEAMD_AGENT_SOCK);let n=0;" +
    `s.write(${JSON.stringify(asks.join('\n') + '\n')});` +
    "s.on('data',c=>{process.stdout.write(c);n+=String(c).split('\\n').length-1;if(n===6)s.end()})";
  const { stdout } = succeeded(await forward([process.execPath, '-e', client]));
  const codes = stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { error: { data: { code: string } } }).error.data.code);
  expect(codes).toEqual(Array(6).fill('forbidden'));
  expect(user.agents()).toHaveLength(1);
});

test.skipIf(skip)('is of its own org and its own server', async () => {
  const org = await forward([...there, 'token', '--scope', 'alice'], '--scope', 'acme');
  expect([org.code, org.stdout]).toEqual([6, '']);
  expect(org.stderr).toContain('Error: This forwarded agent acts for acme, and not for alice\n');
  const server = await forward([...there, 'token', '--server', 'other.example.com']);
  expect([server.code, server.stdout]).toEqual([4, '']);
});

test.skipIf(skip)('ends with its time, and says what to do', async () => {
  const wait =
    'while curl --silent --fail --unix-socket "$BEAMD_AGENT_SOCK" http://agent/v1/token >/dev/null; do sleep 0.1; done; ';
  const { code, stdout, stderr } = await forward(['sh', '-c', `${wait}"$@"`, 'sh', ...there, 'token'], '--for', '2s');
  // Whether the listener has gone by then, or still says that its time is over.
  expect([1, 6]).toContain(code);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/(?:No agent listens at|does not answer|The time of this forwarded agent is over)/);
});

/** Of which server and org the token is that a socket gives. */
async function curlThrough(socket: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)('curl', ['--silent', '--unix-socket', socket, 'http://agent/v1/token']);
  const { server, scope } = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  return { server, scope };
}

test.skipIf(skip)('--print-only: one value, and an ssh of the user’s own', async () => {
  const before = user.transcript().length;
  const serving = user.start('beamd', ['agent', 'forward', '127.0.0.1', ...sshd.flags, '--print-only', '--json']);
  await serving.waitFor(/\n\}\n/);
  await serving.waitFor(/There: export BEAMD_AGENT_SOCK=\S+\n/);
  const [, socket = ''] = /^\s*"socket": "(.*)"/m.exec(user.transcript().slice(before)) ?? [];
  const folder = statSync(dirname(socket));
  expect([folder.mode & 0o777, statSync(socket).mode & 0o777]).toEqual([0o700, 0o600]);
  expect(socket).not.toBe((await socketOf(user, edge)).socket);
  const ssh = await curlThrough(socket);
  serving.kill('SIGINT');
  const { code, stdout, stderr } = await serving.done;
  const printed = fitting('beamd:agent:forward', stdout) as {
    readonly command: readonly string[];
    readonly remote_socket: string;
  };
  expect([code, ssh]).toEqual([130, { server: edge.origin, scope: 'alice' }]);
  expect(printed.command.slice(-4)).toEqual(['-R', `${printed.remote_socket}:${socket}`, '--', '127.0.0.1']);
  expect(stderr).toContain(`There: export BEAMD_AGENT_SOCK=${printed.remote_socket}\n`);
  expect(existsSync(dirname(socket))).toBe(false);
});

test.skipIf(skip)('refuses what ssh would take for an option, and JSON where ssh has the output', async () => {
  expect(await user.beamd('agent', 'forward', 'a b')).toMatchObject({ code: 2, stdout: '' });
  expect(await user.beamd('agent', 'forward', 'h', '--for', '8d')).toMatchObject({ code: 2, stdout: '' });
  const json = await user.beamd('agent', 'forward', 'h', '--json');
  expect([json.code, JSON.parse(json.stdout)]).toMatchObject([2, { error: { code: 'usage' } }]);
});

test.skipIf(skip)('a host that cannot be reached is the word of ssh, and nothing is left', async () => {
  const { code } = await user.beamd('agent', 'forward', '127.0.0.1', '-o', 'Port=1', '--', 'true');
  expect(code).toBe(255);
  expect(sockets()).toEqual([]);
});
