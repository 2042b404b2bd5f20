/** `beamd token --out`: a token in a file for another program, and kept fresh there. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { startBeamAuthEdge, type BeamAuthEdge, type RunningBin } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, type CliUser } from '../support/cli-user.ts';
import { expectCli } from '../support/expect-cli.ts';
import { expireSession, logIn } from '../support/login.ts';
import { until } from '../support/measure.ts';

const keep = cleanup();
let edge: BeamAuthEdge;
let user: CliUser;
let path: string;

beforeEach(async () => {
  // A short life makes the looks at the agent frequent.
  edge = keep(await startBeamAuthEdge({ expiresIn: 5 }));
  user = keep(createCliUser());
  await logIn(user, edge);
  path = join(user.work, 'token');
});

/** A moment by the clock of the reader. */
const CLOCK = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`;

const read = (): string => readFileSync(path, 'utf8');
const wrote = (text = path): RegExp =>
  new RegExp(`^Wrote ${text}: a token of ${edge.origin}, which ends in \\d s \\(${CLOCK}\\)\n$`);

/** Ends the life of every token there is, on both sides; there has been a second since the last one. */
async function endTokens(atLast: () => void = () => undefined): Promise<void> {
  const now = Date.now();
  await until(() => Date.now() > now + 1_100);
  atLast();
  edge.expireAccess();
  await expireSession(user, edge);
}

/** Ends every token, and waits for another in the file than the one that ended. */
async function nextToken(): Promise<string> {
  let ended = '';
  await endTokens(() => (ended = read()));
  await until(() => read() !== ended);
  return read();
}

async function watching(...args: string[]): Promise<RunningBin> {
  const running = user.start('beamd', ['token', '--out', 'token', '--watch', ...args]);
  await until(() => readdirSync(user.work).includes('token'));
  return running;
}

test('a token is written once, as it would be printed, for its owner alone', async () => {
  const { code, stdout, stderr } = await user.beamd('token', '--out', 'token');
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: expect.stringMatching(wrote()) as string });
  expect([read(), statSync(path).mode & 0o777]).toEqual([expect.stringMatching(/^bat_[\w-]+$/), 0o600]);
  expect((await user.beamd('token', '--out', 'token', '--header', '-q')).stderr).toBe('');
  expect(read()).toMatch(/^Authorization: Bearer bat_[\w-]+$/);
  const group = String(process.getgid?.());
  expect((await user.beamd('token', '--out', 'token', '--mode', '0640', '--group', group)).code).toBe(0);
  expect([statSync(path).mode & 0o777, String(statSync(path).gid)]).toEqual([0o640, group]);
});

describe('a file that is watched', () => {
  test('gets each new token in one step, and a process a signal; TERM is its end', async () => {
    const reader = spawn(process.execPath, [
      '-e',
      "process.on('SIGUSR2', () => console.log('told')); setInterval(() => {}, 1e3)",
    ]);
    keep({ close: () => reader.kill('SIGKILL') });
    let told = 0;
    reader.stdout.on('data', (chunk: Buffer) => (told += chunk.toString().split('told').length - 1));
    // It listens once it runs; a signal before would end it.
    await until(() => caught(reader.pid ?? 0, 12));
    const running = await watching('--signal', `USR2:${reader.pid}`);
    let text = read();
    const inodes = new Set([statSync(path).ino]);
    for (let life = 0; life < 3; life += 1) {
      text = await nextToken();
      inodes.add(statSync(path).ino);
      expect(edge.endOf(text)).toBeDefined();
      await until(() => told >= life + 2);
    }
    expect(inodes.size).toBeGreaterThan(1);
    running.kill('SIGTERM');
    const { code, stdout, stderr } = await running.done;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    expect(stderr).not.toContain(text);
    expect(readdirSync(user.work)).toEqual(['token']);
  });

  test('has a command run after each write, without a shell', async () => {
    const log = join(user.work, 'log');
    const script = `require('node:fs').appendFileSync(${JSON.stringify(log)}, process.argv[1] + ' ' + Boolean(process.env.BEAMD_TOKEN) + '\\n')`;
    const running = await watching('--exec', '--', process.execPath, '-e', script, '$HOME; x');
    await until(() => readdirSync(user.work).includes('log'));
    await nextToken();
    await until(() => readFileSync(log, 'utf8').split('\n').length >= 3);
    expect(readFileSync(log, 'utf8').split('\n').slice(0, 2)).toEqual(Array(2).fill('$HOME; x false'));
    running.kill('SIGINT');
    expect((await running.done).code).toBe(0);
  });

  test('is kept fresh where the command cannot be started, which is said', async () => {
    writeFileSync(join(user.work, 'file'), '');
    const running = await watching('--exec', '--', './file/below');
    await nextToken();
    running.kill('SIGTERM');
    const { code, stderr } = await running.done;
    const said = '! ./file/below was to be told of the new token, and could not be started';
    const lines = stderr.split('\n').filter((line) => !line.startsWith('Wrote ') && line !== '');
    expect([code, lines.length > 1, new Set(lines)]).toEqual([0, true, new Set([said])]);
  });

  test.each<[string, (folder: string) => void, string]>([
    [
      'is opened to others',
      (folder) => chmodSync(folder, 0o777),
      'Error: Others can write to FOLDER (mode 777), and so put another file there\nRun: chmod go-w FOLDER\n',
    ],
    [
      'is a link by then',
      (folder) => {
        renameSync(folder, `${folder}.old`);
        mkdirSync(`${folder}.new`);
        symlinkSync(`${folder}.new`, folder);
      },
      'Error: FOLDER leads to another folder than at the beginning\nHint: Start again, if that is where the file is to be\n',
    ],
  ])('gets no further one where its folder %s', async (_, change, said) => {
    const folder = join(user.work, 'own');
    mkdirSync(folder, 0o700);
    const running = user.start('beamd', ['token', '--out', 'own/token', '--watch']);
    await until(() => readdirSync(folder).includes('token'));
    const before = readFileSync(join(folder, 'token'), 'utf8');
    change(folder);
    await endTokens();
    const { code, stderr } = await running.done;
    expect([code, stderr.replace(/^Wrote .*\n/gm, '').replaceAll(folder, 'FOLDER')]).toEqual([6, said]);
    const left = readdirSync(user.work, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('token'));
    expect(left.map((name) => readFileSync(join(user.work, name), 'utf8'))).toEqual([before]);
  });

  test('is of the login that was meant at the beginning', async () => {
    const other = keep(await startBeamAuthEdge());
    const running = await watching('--scope', 'acme');
    await logIn(user, other);
    writeFileSync(join(user.work, '.beamd'), `server: ${other.origin}\n`);
    expect(edge.endOf(await nextToken())).toBeDefined();
    running.kill('SIGTERM');
    expect((await running.done).code).toBe(0);
  });

  test('is told of once in trouble, and stays as it is', async () => {
    const running = await watching();
    const text = read();
    await edge.close();
    await expireSession(user, edge);
    await until(() => user.transcript().includes('no new token'));
    await until(() => edge.endOf(text) !== undefined);
    running.kill('SIGTERM');
    const { code, stderr } = await running.done;
    expect({ code, text: read() }).toEqual({ code: 0, text });
    expect(stderr.split('\n').filter((line) => line.startsWith('!'))).toEqual([
      expect.stringMatching(
        /^! There is no new token for the time being: Cannot reach .+; the one in the file ends .+ \(\d{4}-\d\d-\d\d \d\d:\d\d\)$/,
      ),
    ]);
  });

  test('ends with the session', async () => {
    const running = await watching();
    edge.endSessions();
    await endTokens();
    const { code, stderr } = await running.done;
    expect(code).toBe(4);
    expect(stderr).toMatch(
      new RegExp(`\nError: Your session on ${edge.origin} (has )?ended[^\n]*\nRun: beamd login --server ${edge.origin}\n$`),
    );
  });
});

describe('refused is', () => {
  const line = (text: string) => (text === '' ? '' : `${text}\n`);
  test.each<[string, string, number, string, string]>([
    [
      'a mode for everybody',
      '--mode 0644',
      2,
      'A token is not written with the mode 0644',
      'Hint: It is 0600, or 0640 with --group: nobody else may read it',
    ],
    [
      'a mode for a group that nobody named',
      '--mode 0640',
      2,
      'With the mode 0640 a group reads the token, and --group does not say which',
      'Run: beamd token --out FILE --mode 0640 --group GROUP',
    ],
    [
      'a group that there is not',
      '--group nosuchgroup',
      2,
      'There is no group nosuchgroup on this machine',
      'Hint: Give its number, if a directory service knows it',
    ],
    [
      'a signal that there is not',
      '--watch --signal NOPE:1',
      2,
      '--signal takes the name of a signal and a process: NOPE:1 is none',
      'Hint: As in --signal HUP:1234; there are HUP, USR1, USR2, TERM, INT, CONT, WINCH',
    ],
    ...(['HUP:0', 'HUP:-1', 'HUP:-1234'] as const).map((word): [string, string, number, string, string] => [
      `the group or all of ${word}`,
      `--watch --signal ${word}`,
      2,
      `--signal takes the name of a signal and a process: ${word} is none`,
      'Hint: As in --signal HUP:1234; there are HUP, USR1, USR2, TERM, INT, CONT, WINCH',
    ]),
    [
      'the first process',
      '--watch --signal CONT:1',
      2,
      '--signal tells whoever reads the file, and process 1 is the first process of the system',
      'Run: beamd token --out FILE --watch --exec -- COMMAND',
    ],
    [
      'a process that is not there',
      '--watch --signal HUP:2147483647',
      2,
      'The process 2147483647 is not there',
      'Run: ps -p 2147483647',
    ],
    ['no command', '--watch --exec --', 2, 'There is no command to run', 'Run: beamd token --out FILE --watch --exec -- COMMAND'],
    [
      'a command that nobody asked for',
      '-- true',
      2,
      'What follows -- is run with --exec alone',
      'Run: beamd token --out FILE --watch --exec -- COMMAND',
    ],
  ])('%s', async (_, args, code, message, hint) => {
    await expectCli(user, `beamd token --out token ${args}`, { code, stderr: `Error: ${message}\n${line(hint)}` });
    expect(readdirSync(user.work)).toEqual([]);
  });

  test('a folder that is not there, with the command that makes it', async () => {
    const folder = join(user.work, 'run', 'app');
    const line = `mkdir -p -m 700 ${folder}`;
    await expectCli(user, 'beamd token --out run/app/token', {
      code: 1,
      stderr: `Error: There is no folder ${folder} to write into\nRun: ${line}\n`,
    });
    execFileSync('mkdir', line.split(' ').slice(1));
    expect((await user.beamd('token', '--out', 'run/app/token')).stderr).toMatch(wrote(join(folder, 'token')));
  });

  test.runIf(process.platform === 'linux')('this command itself, which a script may become', async () => {
    const words = [...commandOf('beamd'), 'token', '--out', 'token', '--watch'];
    // The shell's number stays when another program takes its place.
    const script = 'exec "$@" --signal CONT:$$';
    const { status, stderr } = spawnSync('/bin/sh', ['-c', script, 'sh', ...words], { cwd: user.work, env: user.env });
    expect([status, stderr.toString()]).toEqual([
      2,
      expect.stringMatching(
        /^Error: --signal tells whoever reads the file, and process \d+ is this command itself\nRun: beamd token /,
      ) as string,
    ]);
  });

  test('a folder that others can write, itself or above, and what is no file', async () => {
    const open = join(user.work, 'open');
    mkdirSync(join(open, 'own'), { recursive: true });
    chmodSync(open, 0o777);
    symlinkSync('elsewhere', path);
    symlinkSync(join(open, 'own'), join(user.work, 'link'));
    const others = {
      code: 6,
      stderr: `Error: Others can write to ${open} (mode 777), and so put another file there\nRun: chmod go-w ${open}\n`,
    };
    await expectCli(user, 'beamd token --out open/token', others);
    await expectCli(user, 'beamd token --out open/own/token', others);
    await expectCli(user, 'beamd token --out link/token', others);
    chmodSync(open, 0o1777);
    await expectCli(user, 'beamd token --out open/token', {
      code: 6,
      stderr: `Error: Others can write to ${open} (mode 1777), and so put another file there\nHint: Put the file into a folder of your own\n`,
    });
    chmodSync(open, 0o777);
    await expectCli(user, 'beamd token --out token', {
      code: 6,
      stderr: `Error: ${path} is a symbolic link\nHint: Name a file, or one that is not there yet\n`,
    });
    chmodSync(open, 0o755);
    expect((await user.beamd('token', '--out', 'link/token')).stderr).toMatch(wrote(join(open, 'own', 'token')));
  });

  test('to watch what stays as it is', () =>
    expectCli(
      user,
      'beamd token --out token --watch',
      {
        code: 2,
        stderr: 'Error: The token of BEAMD_TOKEN stays as it is: there is nothing to keep fresh\nHint: Leave out --watch\n',
      },
      { env: { BEAMD_TOKEN: 'given', BEAMD_SERVER: edge.origin } },
    ));
});

describe('the guide', () => {
  const guide = readFileSync(new URL('../../docs/guides/long-jobs.md', import.meta.url), 'utf8');
  const block = (language: string): string => new RegExp(`\\n\`\`\`${language}\\n(.*?)\`\`\`\\n`, 's').exec(guide)?.[1] ?? '';

  /** Runs the words of a guide in folders of this user, until the file is there. */
  async function kept(words: readonly string[], folder: string): Promise<void> {
    const group = String(process.getgid?.());
    const real = words.map((word) =>
      word
        .replace(folder, user.work)
        .replace('edge.example.com', edge.origin)
        .replace(/^2000$/, group),
    );
    expect(real[0]).toBe('beamd');
    const running = user.start('beamd', real.slice(1));
    await until(() => readdirSync(user.work).includes('token'));
    running.kill('SIGTERM');
    expect((await running.done).code).toBe(0);
    expect(read()).toMatch(/^bat_/);
  }

  test('has a unit of systemd whose command keeps a token', async () => {
    const lines = block('ini').split('\n');
    const start = lines.find((line) => line.startsWith('ExecStart='))?.slice('ExecStart='.length) ?? '';
    await kept(start.split(' '), '%t/uploader');
    for (const line of lines) expect(line).toMatch(/^(?:\[\w+\]|[A-Z]\w+=.+|)$/);
  });

  test('has a pod whose sidecar keeps one for a group', async () => {
    const pod = parse(block('yaml')) as {
      readonly spec: { readonly initContainers: readonly { readonly name: string; readonly command: readonly string[] }[] };
    };
    const [closing, sidecar] = pod.spec.initContainers;
    expect(closing?.command.slice(0, 4)).toEqual(['install', '-d', '-m', '0750']);
    await kept(sidecar?.command ?? [], '/run/token');
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });
});

/** Whether a process has a handler of its own for a signal. */
function caught(pid: number, signal: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
}
