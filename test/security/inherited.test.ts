/** What a command was started with stays with it: no lock, no pipe of a script is held on to by what the command leaves behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { STANDALONE_BIN, startBeamAuthEdge } from '../../sandbox/testing.ts';
import { listensOnTcp } from '../support/sockets.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, type CliUser } from '../support/cli-user.ts';
import { writeConfig } from '../support/files.ts';
import { expireSession } from '../support/login.ts';
import { startEdgeUser } from '../support/edge.ts';
import { gate, until } from '../support/measure.ts';

const keep = cleanup();
const LINUX = process.platform === 'linux';

/** Those that Node would pass on: above its first gap. */
const NUMBERS = [17, 20, 63, 200];

interface Held {
  readonly child: ChildProcess;
  /** The file. */
  readonly path: string;
  /** Resolves to the exit code. */
  readonly exit: Promise<unknown>;
  /** Resolves once nobody holds the writing end any more. */
  readonly pipeEnded: Promise<unknown>;
}

/** Starts beamd with a file as every one of these descriptors, and beside them the writing end of a pipe. */
function startHolding(user: CliUser, args: readonly string[], env: Readonly<Record<string, string>> = {}): Held {
  const path = join(user.work, 'lock');
  writeFileSync(path, '');
  const fd = openSync(path, 'r');
  const stdio: (number | 'ignore' | 'pipe')[] = ['ignore', 'pipe', 'ignore'];
  for (const number of NUMBERS) {
    while (stdio.length < number) stdio.push('ignore');
    stdio[number] = fd;
  }
  stdio[42] = 'pipe';
  const [file, ...words] = commandOf('beamd');
  const child = spawn(file, [...words, ...args], {
    cwd: user.work,
    env: { ...user.env, ...env },
    stdio,
  });
  closeSync(fd);
  keep({ close: () => child.kill('SIGKILL') });
  const streams: readonly unknown[] = child.stdio;
  const pipe = streams[42];
  if (!(pipe instanceof Readable)) throw new Error('there is no pipe');
  const pipeEnded = new Promise((resolve) => pipe.once('close', resolve));
  pipe.resume();
  return { child, path, exit: new Promise((resolve) => child.once('exit', resolve)), pipeEnded };
}

function linksOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
}

describe.runIf(LINUX)('inherited descriptors', () => {
  test('an agent has none, and who reads a pipe of the script sees its end', async () => {
    const { user } = await startEdgeUser(keep);
    await user.beamd('agent', 'stop');
    const { exit, pipeEnded, path } = startHolding(user, ['token']);
    expect(await exit).toBe(0);
    await pipeEnded;
    const [agent] = user.agents();
    expect(linksOf(agent?.pid ?? 0).filter((link) => link === path)).toEqual([]);
  });

  test.each([
    ['through an agent', {}],
    ['without one', { BEAMD_NO_AGENT: '1' }],
  ])('a worker has none, %s', async (_, env) => {
    const { edge, user } = await startEdgeUser(keep);
    await user.beamd('agent', 'stop');
    await expireSession(user, edge);
    const looked = gate();
    const before = edge.counters.requests['POST /token'] ?? 0;
    edge.faults.next('POST /token', { delay: looked.passed });
    const { exit, path } = startHolding(user, ['token'], env);
    await until(() => edge.counters.requests['POST /token'] === before + 1);
    const links = user.background('worker').flatMap(({ pid }) => linksOf(pid));
    looked.open();
    expect(await exit).toBe(0);
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((link) => link === path)).toEqual([]);
  });

  test('a browser, which stays, has none', async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    const [browser, seen] = [join(user.work, 'browser'), join(user.work, 'seen')];
    writeFileSync(browser, `#!/bin/sh\nls -l /proc/$$/fd >'${seen}.new'\nmv '${seen}.new' '${seen}'\n`, { mode: 0o755 });
    const { exit, path, child } = startHolding(user, ['login', '--server', edge.origin], { BEAMD_BROWSER: browser, CI: '' });
    await until(() => existsSync(seen));
    // Node leaves it something else under that number, Bun nothing.
    if (STANDALONE_BIN === undefined) expect(readFileSync(seen, 'utf8')).toContain('200 -> /dev/null');
    expect(readFileSync(seen, 'utf8')).not.toContain(path);
    child.kill('SIGINT');
    expect(await exit).toBe(130);
  });
});

describe.runIf(LINUX)('a debugger port', () => {
  test('SIGUSR1 opens none in a command that waits', async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    const login = user.start('beamd', ['login', '--server', edge.origin]);
    await login.waitFor(/Never enter a code/);
    login.kill('SIGUSR1');
    login.kill('SIGINT');
    const { code, stderr } = await login.done;
    expect({ code, debugger: stderr.includes('Debugger') }).toEqual({ code: 130, debugger: false });
  });

  test('nor in exec, whose command gets the signal', async () => {
    const user = keep(createCliUser());
    writeConfig(user, 'app.yaml', { server: '127.0.0.1:9', token: 'abc' });
    const script = 'trap "echo got; exit 3" USR1; echo ready; while :; do sleep 0.01; done';
    const running = user.start('beamd', ['--config', 'app.yaml', 'exec', '--', 'sh', '-c', script]);
    await running.waitFor(/ready/);
    running.kill('SIGUSR1');
    expect(await running.done).toMatchObject({ code: 3, stdout: 'ready\ngot\n', stderr: '' });
  });

  const command = [
    '--config',
    'app.yaml',
    'exec',
    '--',
    'sh',
    '-c',
    'trap "exit 3" TERM; echo ready; while :; do sleep 0.01; done',
  ];

  test
    .runIf(STANDALONE_BIN !== undefined)
    .each([{ BUN_OPTIONS: '--inspect=127.0.0.1:0' }, { NODE_OPTIONS: '--inspect=127.0.0.1:0' }])(
    'an executable opens none where %o asks for it',
    async (env) => {
      const user = keep(createCliUser());
      writeConfig(user, 'app.yaml', { server: '127.0.0.1:9', token: 'abc' });
      const asked = user.start('beamd', command, { env });
      await asked.waitFor(/ready/);
      expect(listensOnTcp(asked.pid ?? 0)).toBe(false);
      asked.kill('SIGTERM');
      expect((await asked.done).code).toBe(3);
    },
  );

  test('one that was opened before our first line is closed, and one that was asked for stays', async (context) => {
    if (STANDALONE_BIN !== undefined) context.skip('an executable opens none at all');
    const user = keep(createCliUser());
    writeConfig(user, 'app.yaml', { server: '127.0.0.1:9', token: 'abc' });
    const early = join(user.work, 'early.cjs');
    writeFileSync(early, "require('node:inspector').open(0, '127.0.0.1');\n");
    const opened = user.start('beamd', command, { env: { NODE_OPTIONS: `--require=${early}` } });
    await opened.waitFor(/Debugger listening/);
    await opened.waitFor(/ready/);
    await until(() => !listensOnTcp(opened.pid ?? 0));
    opened.kill('SIGTERM');
    expect((await opened.done).code).toBe(3);

    const asked = user.start('beamd', command, { env: { NODE_OPTIONS: '--inspect=127.0.0.1:0' } });
    await asked.waitFor(/ready/);
    expect(listensOnTcp(asked.pid ?? 0)).toBe(true);
    asked.kill('SIGTERM');
    await asked.done;
  });
});
