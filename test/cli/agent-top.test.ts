/** `beamd agent top`: one look without a terminal, a screen on one, and a terminal that is afterwards as it was. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { linkSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'fast-string-width';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BeamAuthEdge } from '../../sandbox/testing.ts';
import type { AgentTopJson } from '../../src/cli/json/agent.ts';
import { VERSION } from '../../src/programs.ts';
import { socketOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { expectCli, fitting, json } from '../support/expect-cli.ts';
import { succeeded } from '../support/login.ts';
import { startEdgeUser } from '../support/edge.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let user: CliUser;

beforeAll(async () => {
  ({ edge, user } = await startEdgeUser(keep));
  succeeded(await user.beamd('token'));
});

test('one look, in words and as JSON: who called by its own account, and nothing that was asked for', async () => {
  const ran = succeeded(await user.beamd('agent', 'top'));
  expect(ran.stdout).toContain('says "beamd token": ');
  expect(ran.stdout).not.toContain('bat_');
  const value = await json(user, 'beamd:agent:top', 'beamd agent top');
  expect(value).toMatchObject({ agents: [{ server: edge.origin, state: 'running', refreshes: [] }] });
});

test('every command of ours says which one it is, whichever parser reads it and however it asks', async () => {
  const other = keep(createCliUser({ from: user }));
  // What is repeated is read by the parser that is seldom needed, and so is `exec`.
  for (const words of ['token', 'token --json --json', 'exec -- true', 'status', 'agent status', 'whoami', 'orgs', 'why'])
    succeeded(await other.beamd(...words.split(' ')));
  const value = (await json(other, 'beamd:agent:top', 'beamd agent top')) as AgentTopJson;
  expect(value.agents[0]?.clients?.map(({ says }) => says)).toEqual([
    'beamd token',
    'beamd exec',
    'beamd status',
    'beamd agent status',
  ]);
  succeeded(await other.beamd('agent', 'stop'));
});

test('--jsonl goes on until Ctrl-C', async () => {
  const following = user.start('beamd', ['agent', 'top', '--jsonl', '--interval', '1']);
  await following.waitFor(/\n.*\n/);
  following.kill('SIGINT');
  const { code, stdout, stderr } = await following.done;
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  for (const line of stdout.trimEnd().split('\n')) fitting('beamd:agent:top.jsonl', line);
});

const TOP = quoted([...commandOf('beamd'), 'agent', 'top']);

/** What the terminal does with keys: whether it shows them, waits for Enter, makes signals of some. */
const MODES = "stty -a | grep -oE -- '-?(echo|icanon|isig)\\b' | tr '\\n' ' '";

const SCREEN = /\[\?1049h[^]*q ends this/;
/** Where each drawing begins. */
const TOP_LEFT = /\[H/;
const BACK = /\[\?25h.\[\?1049l[^]*/;

/** A terminal of 100 columns that says which it is, and runs this in a shell that has jobs. */
async function onTerminal(script: string, use: (terminal: Terminal, name: string) => Promise<void>): Promise<void> {
  const line = `echo "this is $(tty)."; ${quoted(['bash', '-c', `set -m; ${script}`])}`;
  const terminal = openTerminal(line, { cwd: user.work, env: { ...user.env, TERM: 'xterm' }, columns: 100 });
  try {
    await terminal.waitFor(/this is \S+\./);
    await use(terminal, /this is (\S+)\./.exec(terminal.shown())?.[1] ?? '');
  } finally {
    await terminal.close();
  }
}

/** What was shown after the last match. */
const since = (terminal: Terminal, mark: RegExp): string => terminal.shown().split(mark).at(-1) ?? '';

test.each([
  ['q', 'q', 0],
  ['Ctrl-C', '\u0003', 130],
])('a screen that goes away at %s, and a terminal as it was', async (_, key, code) => {
  await onTerminal(`${TOP}; echo "ended with $?"; ${MODES}; echo .`, async (terminal) => {
    await terminal.waitFor(SCREEN);
    terminal.type(`x${key}`);
    await terminal.waitFor(new RegExp(`${BACK.source}ended with ${String(code)}[^]*\\.\r\n`));
    expect(since(terminal, /ended with \d+\r\n/)).toBe('isig icanon echo .\r\n');
  });
});

test('Ctrl-Z leaves the terminal as it was, fg brings the screen back, and keys are heard again', async () => {
  const script = `${TOP}; echo "stopped with $?"; ${MODES}; echo .; fg; echo "ended with $?"; ${MODES}; echo .`;
  await onTerminal(script, async (terminal) => {
    await terminal.waitFor(SCREEN);
    terminal.type('\u001a');
    await terminal.waitFor(new RegExp(`${BACK.source}stopped with 148\r\nisig icanon echo \\.[^]*${SCREEN.source}`));
    terminal.type('q');
    await terminal.waitFor(/ended with 0\r\n[^]*\.\r\n/);
    expect(since(terminal, /ended with \d+\r\n/)).toBe('isig icanon echo .\r\n');
  });
});

test('a terminal that changes its size has a screen that fits at once', async () => {
  await onTerminal(`${TOP} --interval 3600`, async (terminal, name) => {
    await terminal.waitFor(SCREEN);
    expect(widest(since(terminal, /\[\?25l/))).toBe(74);
    execFileSync('stty', ['-F', name, 'cols', '40']);
    await terminal.waitFor(/q ends this[^]*q ends this/);
    expect(widest(since(terminal, TOP_LEFT))).toBe(40);
    execFileSync('stty', ['-F', name, 'rows', '4']);
    await terminal.waitFor(new RegExp(`q ends this[^]*q ends this[^]*${TOP_LEFT.source}(?:[^\\n]*\\n){2}[^\\n]*\\[J`));
    expect(since(terminal, TOP_LEFT)).not.toContain('q ends this');
    terminal.type('q');
  });
});

test('agent status --all: each agent in one table, and as one list', async () => {
  const [pid] = user.agents().map((agent) => String(agent.pid));
  const { stdout } = succeeded(await user.beamd('agent', 'status', '--all'));
  expect(stdout.replace(/ \d+ (?:s|min) /, ' 1 s ').replaceAll(/ {2,}/g, '  ')).toBe(
    'account  agent  for  pid  version  served  refreshed\n' + `${edge.origin}  running  1 s  ${String(pid)}  ${VERSION}  1  0\n`,
  );
  expect(await json(user, 'beamd:agent:status', 'beamd agent status --all')).toEqual({
    agents: [await json(user, 'beamd:agent:status', 'beamd agent status')],
  });
  await expectCli(user, 'beamd agent status --all --server x', {
    code: 2,
    stderr: 'Error: --all and --server do not go together\nHint: Add --help to see how it is used\n',
  });
});

test('of a name and of a server only', async () => {
  const none = 'No accounts, and so no agents\n';
  expect(succeeded(await user.beamd('agent', 'top', '--account', 'nobody')).stdout).toBe(none);
  expect(succeeded(await user.beamd('agent', 'top', '--server', 'other.example.com')).stdout).toBe(none);
  expect(succeeded(await user.beamd('agent', 'top', '--server', edge.origin, '--account', '-')).stdout).toContain('up ');
});

test('an agent that is older and does not know the question is said to be just that', async () => {
  const old = keep(createCliUser({ from: user }));
  const { socket, base } = await socketOf(old, edge);
  mkdirSync(dirname(socket), { mode: 0o700 });
  const server = createServer((client) => {
    client.on('data', (line: Buffer) => {
      const { id } = JSON.parse(line.toString()) as { id: number };
      const error = { code: -32601, message: 'there is no such method', data: { code: 'agent_unavailable', message: 'No' } };
      client.write(`${JSON.stringify({ jsonrpc: '2.0', id, error })}\n`);
    });
  });
  await once(server.listen(socket), 'listening');
  // As a socket of ours has it.
  linkSync(socket, `${base}.g1`);
  try {
    const { stdout, stderr } = succeeded(await old.beamd('agent', 'top'));
    expect({ stdout, stderr }).toEqual({
      stdout: `${edge.origin}\n  of an older version, which tells nothing\n`,
      stderr: '',
    });
    expect(await json(old, 'beamd:agent:top', 'beamd agent top')).toMatchObject({
      agents: [{ server: edge.origin, state: 'older' }],
    });
  } finally {
    server.close();
  }
});

/** Columns of the widest line. */
function widest(shown: string): number {
  return Math.max(
    ...stripVTControlCharacters(shown)
      .split('\r\n')
      .map((line) => stringWidth(line)),
  );
}
