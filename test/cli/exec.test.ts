/** `beamd exec` as a link in a chain: what its caller gave reaches the command, and what happens to it reaches it once. */
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { chmodSync, closeSync, openSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, NODE, quoted, type CliUser } from '../support/cli-user.ts';
import { writeConfig } from '../support/files.ts';

const keep = cleanup();
const LINUX = process.platform === 'linux';
/** Runs a command on a terminal of its own: util-linux's, whose options others do not have. */
const TERMINAL = LINUX && spawnSync('script', ['-qec', 'exit 3', '/dev/null'], { stdio: 'ignore' }).status === 3;
if (!TERMINAL) console.log('skipped: what needs a terminal, because there is no script(1) of util-linux here');

function newUser(): CliUser {
  const user = keep(createCliUser());
  writeConfig(user, 'app.yaml', { server: '127.0.0.1:9', token: 'abc' });
  return user;
}

/** `beamd --config app.yaml exec -- COMMAND`, as words. */
function exec(user: CliUser, ...command: readonly string[]): string[] {
  return [...commandOf('beamd'), '--config', join(user.work, 'app.yaml'), 'exec', '--', ...command];
}

/** Says which signals come, in order; TERM makes it say so and end. */
const LISTENER = `
const seen = [];
for (const name of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'])
  process.on(name, () => { seen.push(name); console.log('got', name); });
process.on('SIGTERM', () => { console.log('all', JSON.stringify(seen)); process.exit(7); });
setInterval(() => {}, 1000);
console.log('ready', process.ppid, '.');
`;

interface Running {
  readonly child: ChildProcess;
  /** Resolves to the match once it has printed this. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
}

function run(user: CliUser, [program = '', ...args]: readonly string[], options: SpawnOptions = {}): Running {
  const child = spawn(program, args, { cwd: user.work, env: { ...user.env }, stdio: ['ignore', 'pipe', 'pipe'], ...options });
  keep({ close: () => child.kill('SIGKILL') });
  let output = '';
  const check = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (piece: Buffer) => {
      output += piece.toString();
      for (const each of check) each();
    });
  }
  const ended = new Promise<{ code: number | null; output: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, output }));
  });
  const waitFor = (pattern: RegExp): Promise<RegExpExecArray> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(output);
        if (found === null) return;
        check.delete(look);
        resolve(found);
      };
      check.add(look);
      look();
      void ended.then(() => reject(new Error(`it ended without ${String(pattern)}: ${output}`)));
    });
  return { child, waitFor, ended };
}

/** The pid of beamd, once the command that it runs listens. */
async function beamdOf(running: Running): Promise<number> {
  return Number((await running.waitFor(/ready (\d+) \./))[1]);
}

describe.runIf(LINUX)('descriptors', () => {
  test.each([
    ['a few', [3, 4, 9]],
    ['with gaps, and above those that Node marks', [3, 5, 12, 15, 16, 17, 20, 63, 200]],
    ['without a gap', Array.from({ length: 25 }, (_, index) => index + 3)],
    ['none', []],
  ])('%s: the command has exactly what its caller opened', async (_, numbers) => {
    const user = newUser();
    const path = join(user.work, 'file');
    writeFileSync(path, '');
    const fd = openSync(path, 'r');
    keep({ close: () => closeSync(fd) });
    const stdio: (number | 'ignore' | 'pipe')[] = ['ignore', 'pipe', 'pipe'];
    for (const number of numbers) {
      while (stdio.length < number) stdio.push('ignore');
      stdio[number] = fd;
    }
    const list = ['sh', '-c', 'for each in /proc/$$/fd/*; do [ "$each" -ef file ] && echo "${each##*/}"; done; ls /proc/$$/fd'];
    const [straight, through] = await Promise.all([
      run(user, list, { stdio }).ended,
      run(user, exec(user, ...list), { stdio }).ended,
    ]);
    expect(
      straight.output
        .split('\n')
        .slice(0, numbers.length)
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(numbers);
    expect(through).toEqual(straight);
  });

  test('a number that is over the limit by now is in no way', async () => {
    const user = newUser();
    const ran = run(user, ['bash', '-c', `exec 200</dev/null; ulimit -n 100; exec ${quoted(exec(user, 'echo', 'ran'))}`]);
    expect(await ran.ended).toMatchObject({ code: 0, output: 'ran\n' });
  });

  test.each([
    ['3', '4'],
    ['4', '6'],
    ['5', '8'],
  ])('a pipe of which both ends are passed, as %s and %s: a job server of make', async (reading, writing) => {
    const user = newUser();
    const command = ['sh', '-c', `ls /proc/$$/fd && head -c 1 <&${reading} && printf y >&${writing}`];
    const both = `exec ${reading}<&0 ${writing}>/proc/self/fd/0 </dev/null; printf x >&${writing}; exec`;
    const ran = async (words: readonly string[]): Promise<unknown> =>
      run(user, ['sh', '-c', `: | { ${both} ${quoted(words)}; }`]).ended;
    const straight = await ran(command);
    expect(straight).toMatchObject({ code: 0, output: expect.stringMatching(/x$/) as string });
    expect(await ran(exec(user, ...command))).toEqual(straight);
  });

  test('the umask of the caller is the umask of the command', async () => {
    const user = newUser();
    const { output } = await run(user, ['sh', '-c', `umask 0777; ${quoted(exec(user, 'sh', '-c', 'umask'))}`]).ended;
    expect(output).toBe('0777\n');
  });
});

describe('signals', () => {
  test.each(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const)(
    '%s to beamd alone reaches the command once',
    async (signal) => {
      const user = newUser();
      const running = run(user, exec(user, NODE, '-e', LISTENER), { detached: true });
      const beamd = await beamdOf(running);
      process.kill(beamd, signal);
      await running.waitFor(new RegExp(`got ${signal}`));
      process.kill(beamd, 'SIGTERM');
      const { code, output } = await running.ended;
      expect({ code, output }).toMatchObject({ code: 7, output: expect.stringContaining(`all ["${signal}"]`) as string });
    },
  );

  test.skipIf(!TERMINAL).each([
    ['the terminal', ''],
    ['/dev/null', '</dev/null'],
    ['a file', '<app.yaml'],
    ['a pipe', '<pipe'],
  ])('Ctrl-C reaches the command once, with standard input from %s', async (_, redirection) => {
    const user = newUser();
    const line = `mkfifo pipe; exec 9<>pipe; ${quoted(exec(user, NODE, '-e', LISTENER))} ${redirection}`;
    const running = run(user, ['script', '-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const beamd = await beamdOf(running);
    running.child.stdin?.write('\u0003');
    await running.waitFor(/got SIGINT/);
    // Whatever beamd passes on, it passes on in the order in which it came.
    process.kill(beamd, 'SIGTERM');
    expect(await running.waitFor(/all (.*\])/)).toMatchObject({ 1: '["SIGINT"]' });
    await running.ended;
  });

  test.skipIf(!TERMINAL)('of a job in the background of a terminal, beamd passes INT on', async () => {
    const user = newUser();
    const line = `set -m; ${quoted(exec(user, NODE, '-e', LISTENER))} & wait`;
    const running = run(user, ['script', '-qec', line, '/dev/null'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const beamd = await beamdOf(running);
    process.kill(beamd, 'SIGINT');
    await running.waitFor(/got SIGINT/);
    process.kill(beamd, 'SIGTERM');
    expect(await running.waitFor(/all (.*\])/)).toMatchObject({ 1: '["SIGINT"]' });
    await running.ended;
  });
});

describe.runIf(LINUX)('what was ignored at the start', () => {
  const IGNORED = ['grep', 'SigIgn', '/proc/self/status'];

  test.each(["trap '' HUP INT TERM", "trap '' USR1 USR2", 'true'])('%s: the command ignores it too', async (script) => {
    const user = newUser();
    // What follows keeps the shell from becoming the command itself.
    const lines = [IGNORED, exec(user, ...IGNORED)].map((words) => `${quoted(words)}; true`);
    const { output } = await run(user, ['sh', '-c', `${script}\n${lines.join('\n')}`]).ended;
    const [straight, through] = output.split('\n');
    expect(through).toBe(straight);
  });

  test('under nohup, neither beamd nor the command ends with the terminal', async () => {
    const user = newUser();
    const listener = LISTENER.replace("'SIGHUP', ", '');
    const words = ['bash', '-c', `nohup ${quoted(exec(user, NODE, '-e', listener))}; true`];
    const running = run(user, words, { detached: true });
    const beamd = await beamdOf(running);
    process.kill(beamd, 'SIGHUP');
    process.kill(beamd, 'SIGUSR1');
    await running.waitFor(/got SIGUSR1/);
    process.kill(beamd, 'SIGTERM');
    expect((await running.ended).output).toContain('all ["SIGUSR1"]');
  });

  test('in a script that ignores TERM, beamd passes none on', async () => {
    const user = newUser();
    const running = run(user, [
      'sh',
      '-c',
      `trap '' TERM; ${quoted(exec(user, NODE, '-e', LISTENER.replaceAll('SIGTERM', 'SIGUSR2')))}; true`,
    ]);
    const beamd = await beamdOf(running);
    process.kill(beamd, 'SIGTERM');
    process.kill(beamd, 'SIGUSR2');
    expect((await running.ended).output).toContain('all ["SIGUSR2"]');
  });

  test('a program that is missing is still told of in our words', async () => {
    const user = newUser();
    const { output } = await run(user, ['sh', '-c', `trap '' HUP; ${quoted(exec(user, 'no-such-program'))}; echo $?`]).ended;
    expect(output).toBe(
      'Error: There is no program no-such-program\nHint: Check the name, and that its folder is in PATH\n127\n',
    );
  });
});

describe('a command that cannot be run', () => {
  test('127 where there is none', async () => {
    const user = newUser();
    const stderr = 'Error: There is no program no-such-program\nHint: Check the name, and that its folder is in PATH\n';
    const none = { code: 127, stdout: '', stderr };
    expect(await user.beamd('--config', 'app.yaml', 'exec', '--', 'no-such-program')).toEqual(none);
    const json = await user.beamd('--config', 'app.yaml', 'exec', '--json', '--', './no-such-program');
    expect({ code: json.code, answer: JSON.parse(json.stdout) as unknown }).toEqual({
      code: 127,
      answer: { error: { code: 'program_not_found', message: 'There is no program ./no-such-program', hint: 'Check the path' } },
    });
  });

  test('126 where there is one', async () => {
    const user = newUser();
    const path = join(user.work, 'program');
    const said = async (...command: string[]): Promise<unknown> => {
      const { code, stderr } = await user.beamd('--config', 'app.yaml', 'exec', '--', ...command);
      return [code, stderr.split('\n')[0]];
    };
    writeFileSync(path, '#!/nowhere/interpreter\n');
    expect(await said(path)).toEqual([126, `Error: ${path} cannot be run: permission denied`]);
    chmodSync(path, 0o755);
    expect(await said(path)).toEqual([126, `Error: ${path} cannot be run: the program that its first line names is missing`]);
    expect(await said(user.work)).toEqual([126, `Error: ${user.work} cannot be run: it is a folder`]);
    expect(await said(`${path}/below`)).toEqual([127, `Error: There is no program ${path}/below`]);
  });

  test('one that a signal ended', async () => {
    const user = newUser();
    const { code } = await user.beamd('--config', 'app.yaml', 'exec', '--', 'sh', '-c', 'kill -KILL $$');
    expect(code).toBe(128 + constants.signals.SIGKILL);
  });

  test.each([[['ls', '-la']], [['--scope', 'acme', 'make', '--json']], [['npm', 'run', '--', '-x']]])(
    '%j lacks --',
    async (words) => {
      expect(await newUser().beamd('exec', ...words)).toMatchObject({
        code: 2,
        [words.includes('--json') ? 'stdout' : 'stderr']: expect.stringContaining('put -- before the command') as string,
      });
    },
  );
});
