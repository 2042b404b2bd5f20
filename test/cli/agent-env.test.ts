/** `beamd agent env`: evaluated by real shells, a path is the path, whatever is in it. */
import { execFile } from 'node:child_process';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSelfHostedEdge, type SelfHostedEdge } from '../../sandbox/testing.ts';
import { presentAgentEnv, type Shell } from '../../src/cli/present/agent/env.ts';
import { socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { json } from '../support/expect-cli.ts';
import { logInWithToken, succeeded } from '../support/login.ts';
import { openTerminal } from '../support/terminal.ts';

const run = promisify(execFile);
const keep = cleanup(afterAll);
let edge: SelfHostedEdge;

beforeAll(async () => {
  edge = keep(await startSelfHostedEdge());
});

async function userIn(homeName: string): Promise<CliUser> {
  const user = keep(createCliUser({ homeName }));
  await logInWithToken(user, edge.origin, edge.token);
  return user;
}

test.each(['home', 'it\'s $(touch x) `y` "é" \\', 'x'.repeat(90)])(
  'in a home called %j a shell reaches the agent',
  async (name) => {
    const user = await userIn(name);
    const line = succeeded(await user.beamd('agent', 'env')).stdout;
    const { socket } = await socketOf(user, edge);
    const script = `${line}curl --silent --fail --unix-socket "$BEAMD_AGENT_SOCK" http://agent/v1/token; printf %s "$BEAMD_AGENT_SOCK"`;
    const { stdout } = await run('sh', ['-c', script], { cwd: user.work });
    const [answer = '', path] = stdout.split('\n');
    expect(JSON.parse(answer)).toEqual({ access_token: edge.token, server: edge.origin });
    expect(path).toBe(socket);
    expect(await json(user, 'beamd:agent:env', 'beamd agent env')).toEqual({ server: edge.origin, socket });
  },
);

test('starts no agent where none is wanted, and says the same', async () => {
  const user = await userIn('home');
  const { stdout } = succeeded(await user.beamd('agent', 'env', '--no-start'));
  expect(user.agents()).toEqual([]);
  expect((await user.beamd('agent', 'env')).stdout).toBe(stdout);
  expect(user.agents()).toHaveLength(1);
});

test('without a login there is nothing to evaluate', async () => {
  const user = keep(createCliUser());
  expect(await user.beamd('agent', 'env')).toEqual({
    code: 4,
    stdout: '',
    stderr: 'Error: You are not logged in\nRun: beamd login\n',
  });
});

test('is one line on a narrow terminal, too', async () => {
  const user = await userIn('home');
  const words = quoted([...commandOf('beamd'), 'agent', 'env', '--no-start']);
  const terminal = openTerminal(words, { cwd: user.work, env: { ...user.env, TERM: 'xterm' }, columns: 40 });
  keep(terminal);
  await terminal.waitFor(/sock'\r\n/);
  expect(stripVTControlCharacters(terminal.shown())).toBe(`export BEAMD_AGENT_SOCK='${(await socketOf(user, edge)).socket}'\r\n`);
});

const AWKWARD = '/a b/it\'s/$HOME/"q"/\\\\x\\\'\n;';

test.each<[Shell, string, readonly string[]]>([
  ['sh', 'sh', ['printf %s "$BEAMD_AGENT_SOCK"']],
  ['sh', 'bash', ['printf %s "$BEAMD_AGENT_SOCK"']],
  ['sh', 'zsh', ['printf %s "$BEAMD_AGENT_SOCK"']],
  ['fish', 'fish', ['printf %s "$BEAMD_AGENT_SOCK"']],
])('in the words of %s, %s reads an awkward path as it is', async (shell, program, [print = '']) => {
  const line = presentAgentEnv({ socket: AWKWARD }, shell);
  expect((await run(program, ['-c', `${line}\n${print}`], { env: { PATH: process.env['PATH'] } })).stdout).toBe(AWKWARD);
});

test('in the words of PowerShell each mark that ends a text there is doubled', () => {
  expect(presentAgentEnv({ socket: "C:\\it's\u2019x" }, 'powershell')).toBe("$env:BEAMD_AGENT_SOCK = 'C:\\it''s\u2019\u2019x'");
});
