/** `beamd agent top`: one look without a terminal, a screen on one, and a terminal that is afterwards as it was. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { fitting, json } from '../support/expect-cli.ts';
import { logIn, succeeded } from '../support/login.ts';
import { openTerminal } from '../support/terminal.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let user: CliUser;

beforeAll(async () => {
  edge = keep(await startBeamAuthEdge());
  user = keep(createCliUser());
  await logIn(user, edge);
  succeeded(await user.beamd('token'));
});

test('one look, in words and as JSON: who called by its own account, and nothing that was asked for', async () => {
  const ran = succeeded(await user.beamd('agent', 'top'));
  expect(ran.stdout).toContain('says "beamd token": ');
  expect(ran.stdout).not.toContain('bat_');
  const value = await json(user, 'beamd:agent:top', 'beamd agent top');
  expect(value).toMatchObject({ agents: [{ server: edge.origin, state: 'running', refreshes: [] }] });
});

test('--jsonl goes on until Ctrl-C', async () => {
  const following = user.start('beamd', ['agent', 'top', '--jsonl', '--interval', '1']);
  await following.waitFor(/\n.*\n/);
  following.kill('SIGINT');
  const { code, stdout, stderr } = await following.done;
  expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
  for (const line of stdout.trimEnd().split('\n')) fitting('beamd:agent:top.jsonl', line);
});

test('a screen that goes away at Ctrl-C', async () => {
  const line = `trap : INT; ${quoted([...commandOf('beamd'), 'agent', 'top'])}; echo "ended with $?"`;
  const terminal = openTerminal(line, { cwd: user.work, env: { ...user.env, TERM: 'xterm' } });
  try {
    await terminal.waitFor(/\[\?1049h[^]*Ctrl-C ends this/);
    terminal.type('\u0003');
    await terminal.waitFor(/\[\?25h.\[\?1049l[^]*ended with 130/);
  } finally {
    await terminal.close();
  }
});
