/** `BEAMD_AGENT_SOCK`: when its agent gives the token, and when it does not. */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBeamAuthEdge, startSelfHostedEdge, type BeamAuthEdge, type SelfHostedEdge } from '../../sandbox/testing.ts';
import { socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { logIn, logInWithToken, succeeded } from '../support/login.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let other: SelfHostedEdge;
/** Logged in to both, the second one being the current one. */
let user: CliUser;
let socket: string;

beforeAll(async () => {
  edge = keep(await startBeamAuthEdge());
  other = keep(await startSelfHostedEdge());
  user = keep(createCliUser());
  await logIn(user, edge);
  await logInWithToken(user, other.origin, other.token);
  succeeded(await user.beamd('switch', other.origin));
  succeeded(await user.beamd('agent', 'start', '--server', edge.origin));
  ({ socket } = await socketOf(user, edge));
});

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}, who = user): Promise<Ran> =>
  who.run('beamd', args, { env: { BEAMD_AGENT_SOCK: socket, ...env } });

test('gives the token before the current account, also to who has no login here', async () => {
  const { stdout: own } = succeeded(await user.beamd('token', '--server', edge.origin));
  expect(await run(['token'])).toEqual({ code: 0, stdout: own, stderr: '' });
  const stranger = keep(createCliUser());
  expect(await run(['token'], {}, stranger)).toEqual({ code: 0, stdout: own, stderr: '' });
  expect((await run(['token', '--scope', 'acme', '--json'], {}, stranger)).stdout).toContain('"scope": "acme"');
  expect((await run(['whoami'], { BEAMD_SCOPE: 'acme' }, stranger)).stdout).toContain('alice');
  expect(JSON.parse((await run(['status', '--json'], {}, stranger)).stdout)).toMatchObject({
    server: edge.origin,
    server_source: { kind: 'agent-socket' },
    token: 'app_config',
  });
  expect(JSON.parse((await run(['agent', 'status', '--json'], {}, stranger)).stdout)).toMatchObject({ socket, state: 'running' });
  expect((await run(['why'], {}, stranger)).stdout).toContain('BEAMD_AGENT_SOCK');
  expect(stranger.agents()).toEqual([]);
});

test.each<[string, readonly string[], Record<string, string>]>([
  ['a flag names another server', ['--server', 'OTHER'], {}],
  ['a variable does', [], { BEAMD_SERVER: 'OTHER' }],
])('gives way where %s', async (_, args, env) => {
  const filled = (text: string): string => text.replace('OTHER', other.origin);
  const named = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]));
  expect(await run(['token', ...args.map(filled)], named)).toEqual({ code: 0, stdout: `${other.token}\n`, stderr: '' });
});

test('gives way to the server of a project, and to another account of its own server', async () => {
  const project = join(user.work, 'project');
  mkdirSync(project);
  writeFileSync(join(project, '.beamd'), `server: ${other.origin}\n`);
  const options = { cwd: project, env: { BEAMD_AGENT_SOCK: socket } };
  expect((await user.run('beamd', ['token'], options)).stdout).toBe(`${other.token}\n`);
  expect((await run(['token', '--server', edge.origin, '--account', 'work'])).code).toBe(4);
});

test('gives way to BEAMD_TOKEN', async () => {
  expect((await run(['token'], { BEAMD_TOKEN: 'of-mine', BEAMD_SERVER: edge.origin })).stdout).toBe('of-mine\n');
});

test('where nobody listens, the login of this machine gives the token; without one it says so', async () => {
  const nobody = { BEAMD_AGENT_SOCK: join(user.homes.beamd, 'agents', 'nobody.sock') };
  expect((await run(['token'], nobody)).stdout).toBe(`${other.token}\n`);
  expect(await run(['token'], nobody, keep(createCliUser()))).toEqual({
    code: 1,
    stdout: '',
    stderr:
      `Error: No agent listens at ${nobody.BEAMD_AGENT_SOCK} (BEAMD_AGENT_SOCK), and there is no login here\n` +
      'Hint: Start beamd agent forward again where you are logged in, or log in here: beamd login\n',
  });
});

test('a socket in a folder that others can change is asked nothing', async () => {
  const folder = mkdtempSync(join(user.root, 's-'));
  const open = join(folder, 'x.sock');
  let connections = 0;
  const server = createServer(() => (connections += 1)).listen(open);
  keep({ close: () => void server.close() });
  await new Promise((resolve) => server.once('listening', resolve));
  chmodSync(folder, 0o777);
  expect((await run(['token'], { BEAMD_AGENT_SOCK: open })).code).toBe(6);
  expect(connections).toBe(0);
});

test('commands that work on accounts pass it over', async () => {
  expect((await run(['default', '--server', other.origin])).code).toBe(0);
  expect((await run(['agent', 'env', '--server', edge.origin])).stdout).toBe(`export BEAMD_AGENT_SOCK='${socket}'\n`);
  expect(await run(['default'], {}, keep(createCliUser()))).toEqual({
    code: 4,
    stdout: '',
    stderr:
      'Error: You are not logged in here; the agent of BEAMD_AGENT_SOCK gives tokens alone, and beamd default works on a login\n' +
      'Hint: Do this where you are logged in; here there are beamd token, exec, status, whoami and orgs\n',
  });
});
