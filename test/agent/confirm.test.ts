/** `agent lock --confirm`: before each use a program of the user's is asked, with real ones. */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, test } from 'vitest';
import type { BeamAuthEdge } from '../../sandbox/testing.ts';
import { configFile } from '../../src/store/paths.ts';
import { agentsOf, connect, keyOf, socketOf, startAgent } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import type { CliUser } from '../support/cli-user.ts';
import { logIn, succeeded } from '../support/login.ts';
import { startEdgeUser } from '../support/edge.ts';
import { until } from '../support/measure.ts';

const keep = cleanup();
let edge: BeamAuthEdge;
let user: CliUser;
let token: string;

/** Writes a program that asks nobody. It stands where it is named in the configuration. */
function program(text: string, mode = 0o755): string {
  const path = join(user.root, 'bin', 'ask');
  mkdirSync(join(user.root, 'bin'), { recursive: true, mode: 0o755 });
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, mode);
  return path;
}

/** Names it in the user's configuration, beside what is there. */
function configure(confirm: string): void {
  const path = configFile(user.homes);
  const rest = readFileSync(path, 'utf8').replace(/^confirm:.*\n(?: .*\n)*/m, '');
  writeFileSync(path, `${rest}confirm: ${confirm}\n`);
}

beforeEach(async () => {
  ({ edge, user } = await startEdgeUser(keep));
  token = succeeded(await user.beamd('token')).stdout;
});

const refused = (why: string) => ({ code: 6, stdout: '', stderr: `Error: ${why}\n` });
const AGAIN = 'Hint: Ask again, and allow it; beamd agent lock --no-confirm asks no more';

describe('with a program that asks', () => {
  beforeEach(async () => {
    const log = join(user.root, 'asked');
    configure(
      `\n  - ${program(`for word; do echo "$word"; done >> ${log}; env > ${log}.env; exit $(cat ${log}.exit)`)}\n  - --first`,
    );
    writeFileSync(`${log}.exit`, '0');
    succeeded(await user.beamd('agent', 'lock', '--confirm'));
  });
  const asked = (): string => readFileSync(join(user.root, 'asked'), 'utf8');
  const answer = (exit: number): void => writeFileSync(join(user.root, 'asked.exit'), String(exit));

  test('it is told who wants to use what, and its answer counts each time', async () => {
    expect(await user.beamd('token', '--scope', 'acme')).toEqual({ code: 0, stdout: token, stderr: '' });
    expect(asked()).toBe(`--first\nbeamd token\n${edge.origin}\nacme\ntoken\n`);
    answer(1);
    expect(await user.beamd('token')).toEqual(refused(`beamd token was not allowed to use the account (exit 1)\n${AGAIN}`));
    // Nor where the command does the work itself.
    expect(await user.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } })).toEqual(
      refused(`beamd token was not allowed to use the account (exit 1)\n${AGAIN}`),
    );
    expect((await user.beamd('status')).stdout).toMatch(/^Confirm {2}each use is asked about first$/m);
    expect(JSON.parse((await user.beamd('status', '--json')).stdout)).toMatchObject({ confirm: true });
    const agent = await connect(user, edge);
    expect(await agent.status()).toMatchObject({ served: 2 });
    agent.close();
    expect(succeeded(await user.beamd('agent', 'lock', '--no-confirm')).stdout).toBe(
      `✓ The account on ${edge.origin} is not asked about before each use\n`,
    );
    expect(await user.beamd('token')).toEqual({ code: 0, stdout: token, stderr: '' });
  });

  test('it gets a small environment, whatever the shell had that started the agent', async () => {
    succeeded(await user.beamd('agent', 'stop'));
    const env = {
      LD_PRELOAD: '/nowhere/evil.so',
      PATH: `${user.root}/evil:${process.env['PATH'] ?? ''}`,
      BEAMD_ASK: 'x',
      LANG: 'C',
    };
    await user.run('beamd', ['token'], { env });
    const names = readFileSync(join(user.root, 'asked.env'), 'utf8')
      .split('\n')
      .map((line) => line.split('=')[0]);
    expect(names).toContain('HOME');
    expect(names.filter((name) => /LD_|NODE|BEAMD|EVIL/u.test(name ?? ''))).toEqual([]);
    expect(readFileSync(join(user.root, 'asked.env'), 'utf8')).toContain('PATH=/usr/local/bin:/usr/bin:/bin\n');
  });

  test('over HTTP too, by the name that the client gives', async () => {
    const { socket } = JSON.parse(succeeded(await user.beamd('agent', 'status', '--json')).stdout) as { readonly socket: string };
    const ask = (): string =>
      execFileSync('curl', ['-s', '-A', 'my-editor/1.0', '--unix-socket', socket, 'http://agent/v1/token'], { encoding: 'utf8' });
    expect(JSON.parse(ask())).toMatchObject({ access_token: token.trim() });
    expect(asked()).toBe(`--first\nmy-editor/1.0\n${edge.origin}\nalice\ntoken\n`);
    answer(3);
    expect(JSON.parse(ask())).toMatchObject({ error: { code: 'forbidden' } });
  });
});

test('a client whose name is an option of the program is not answered yes by that', async () => {
  // As message boxes do: they say their version, ask nobody, and exit with 0.
  configure(`[${program('case " $* " in *" --version "*) exit 0;; esac; exit 1')}, --question]`);
  succeeded(await user.beamd('agent', 'lock', '--confirm'));
  const { socket } = await socketOf(user, edge);
  for (const name of ['--version', ' -- --version', '\u00a0--version']) {
    const said = execFileSync('curl', ['-s', '-A', name, '--unix-socket', socket, 'http://agent/v1/token'], { encoding: 'utf8' });
    expect([name, said]).toEqual([name, expect.stringContaining('was not allowed to use the account (exit 1)')]);
  }
});

test('a forwarded socket asks as what it is, and one yes is for it alone', async () => {
  const log = join(user.root, 'asked');
  configure(program(`echo "$1" >> ${log}; [ "$1" = "beamd token" ]`));
  succeeded(await user.beamd('agent', 'lock', '--confirm'));
  const forward = ['agent', 'forward', 'build.example.com', '--print-only'];
  // Before it is opened: a token has to be given first.
  expect(await user.beamd(...forward)).toEqual(
    refused(`beamd agent forward build.example.com was not allowed to use the account (exit 1)\n${AGAIN}`),
  );
  program(`echo "$1" >> ${log}; [ $(wc -l < ${log}) = 2 ]`);
  const before = user.transcript().length;
  const serving = user.start('beamd', [...forward, '--json']);
  await serving.waitFor(/\n\}\n/);
  const [, socket = ''] = /^\s*"socket": "(.*)"/m.exec(user.transcript().slice(before)) ?? [];
  const args = ['-s', '-A', 'beamd token', '--unix-socket', socket, 'http://agent/v1/token'];
  const { stdout } = await promisify(execFile)('curl', args);
  serving.kill('SIGINT');
  await serving.done;
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'forbidden' } });
  expect(readFileSync(log, 'utf8')).toBe('beamd agent forward build.example.com\n'.repeat(3));
});

test('one that hangs keeps nobody else from the agent, and is ended with whoever it started', async () => {
  const pids = join(user.root, 'pids');
  configure(program(`echo $$ > ${pids}; sleep 1000 & echo $! >> ${pids}; wait`));
  succeeded(await user.beamd('agent', 'lock', '--confirm'));
  const agent = await startAgent(user, edge);
  const waits = agent.token().then(
    () => 'given',
    (error: unknown) => error,
  );
  await until(() => existsSync(pids) && readFileSync(pids, 'utf8').split('\n').length === 3);
  succeeded(await user.beamd('agent', 'status'));
  succeeded(await user.beamd('whoami'));
  // The person says no by closing the window.
  const [shell = '', child = ''] = readFileSync(pids, 'utf8').split('\n');
  process.kill(Number(shell), 'SIGTERM');
  expect(await waits).toMatchObject({ code: 'forbidden' });
  agent.close();
  await until(() => !existsSync(`/proc/${child}/stat`) || readFileSync(`/proc/${child}/stat`, 'utf8').includes(' Z '));
});

describe('what cannot be asked allows nothing', () => {
  const cases: readonly (readonly [string, () => string, RegExp])[] = [
    ['none', () => "''", /names no program that asks before each use\nHint: Put the path of a program/],
    ['a relative path', () => 'ask', /`confirm` is no absolute path\n/],
    ['one that is gone', () => '/nowhere/ask', /cannot be read \(ENOENT\)\nHint: It has to be a program of yours or of root/],
    ['a folder', () => '/tmp', /is no program\n/],
    ['one that cannot be executed', () => program('', 0o644), /cannot be executed\n/],
    ['one that others may write', () => program('', 0o777), /can be changed by others\n/],
    [
      'one in a folder that others may write to',
      () => {
        const path = program('');
        chmodSync(join(user.root, 'bin'), 0o777);
        return path;
      },
      /bin, for `confirm` in \S+, is in a folder that others can change\n/,
    ],
    [
      'a link to such a one',
      () => {
        const link = join(user.root, 'link');
        renameSync(program('', 0o777), join(user.root, 'other'));
        symlinkSync(join(user.root, 'other'), link);
        return link;
      },
      /can be changed by others\n/,
    ],
  ];
  test.each(cases)('%s', async (_, path, message) => {
    configure(program(''));
    succeeded(await user.beamd('agent', 'lock', '--confirm'));
    configure(path());
    const { code, stdout, stderr } = await user.beamd('token');
    expect([code, stdout]).toEqual([6, '']);
    expect(stderr).toMatch(message);
    const again = await user.beamd('agent', 'lock', '--confirm');
    expect([again.code === 0, again.stderr]).toEqual([false, stderr]);
  });
});

test('a login anew keeps it, and agents of programs are asked about as well', async () => {
  configure(program('exit 1'));
  succeeded(await user.beamd('agent', 'lock', '--confirm'));
  await logIn(user, edge);
  expect((await user.beamd('token')).code).toBe(6);
  const agent = await agentsOf(user).open({ key: keyOf(edge) });
  await expect(agent.token()).rejects.toMatchObject({ code: 'forbidden' });
  agent.close();
});
