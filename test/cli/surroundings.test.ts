/** Surroundings that lack what is usually there: no home folder, no passwd entry, no shell, no rights, no folder, no streams. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { STANDALONE_BIN } from '../../sandbox/testing.ts';
import { isRoot } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, NODE, quoted, type CliUser, type Ran } from '../support/cli-user.ts';
import { writeConfig } from '../support/files.ts';

const keep = cleanup();
const LINUX = process.platform === 'linux';
/** Nobody of this machine. */
const STRANGER = 54_321;
const AS_STRANGER = ['setpriv', `--reuid=${STRANGER}`, `--regid=${STRANGER}`, '--clear-groups'];
const canBeStranger =
  isRoot &&
  spawnSync('setpriv', [
    ...AS_STRANGER.slice(1),
    NODE,
    '-e',
    `require('fs').accessSync(${JSON.stringify(commandOf('beamd').at(-1))}, 4)`,
  ]).status === 0;
if (!canBeStranger)
  console.log('skipped: what another user does, because this one is not root, has no setpriv, or hides this folder');
/** Root may hide /proc in a mount namespace of its own. */
const canHideProc = isRoot && LINUX && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/proc']).status === 0;
if (!canHideProc) console.log('skipped: a machine without /proc, because it cannot be hidden here');
if (STANDALONE_BIN !== undefined) console.log('skipped: no /proc, and a folder that is no more: Bun itself ends without them');

function newUser(): CliUser {
  const user = keep(createCliUser());
  writeConfig(user, 'app.yaml', { server: '127.0.0.1:9', token: 'abc123' });
  return user;
}

interface Surroundings {
  /** Everything there is. Default: what the user has. */
  readonly env?: Readonly<Record<string, string>>;
  /** What runs the shell. */
  readonly through?: readonly string[];
}

/** A line for a shell in which `beamd` and `runbeam` are what their names say. */
function shell(user: CliUser, line: string, { env = user.env, through = [] }: Surroundings = {}): Ran {
  const functions = (['beamd', 'runbeam'] as const).map((name) => `${name}() { ${quoted(commandOf(name))} "$@"; }`);
  const [program, ...args] = [...through, 'sh', '-c', [...functions, line].join('\n')];
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: user.work,
    env,
    encoding: 'utf8',
    input: '',
    timeout: 30_000,
  });
  return { code: status, stdout, stderr };
}

function giveToStranger(path: string): void {
  chownSync(path, STRANGER, STRANGER);
  for (const entry of readdirSync(path, { recursive: true, encoding: 'utf8' })) chownSync(join(path, entry), STRANGER, STRANGER);
}

describe.runIf(canBeStranger)('a user whom the system does not know', () => {
  const PATH = process.env['PATH'] ?? '';
  const HOME_MISSING = 'Error: There is no home folder: HOME is not set\nHint: Set HOME or BEAMD_HOME\n';

  function stranger(line: string, env: Readonly<Record<string, string>>, user = newUser()): Ran {
    giveToStranger(user.root);
    // The folder of this test run is root's; others may pass through it.
    chmodSync(dirname(user.root), 0o711);
    return shell(user, line, { env: { PATH, ...env }, through: AS_STRANGER });
  }

  test('without HOME and SHELL, what needs no home folder works', () => {
    expect(stranger('beamd --config app.yaml token', {})).toEqual({ code: 0, stdout: 'abc123\n', stderr: '' });
    expect(stranger("beamd --config app.yaml exec -- sh -c 'exit 7'", {})).toMatchObject({ code: 7, stderr: '' });
    const named = { BEAMD_SERVER: '127.0.0.1:9', BEAMD_TOKEN: 'abc' };
    expect(stranger('beamd token', named)).toEqual({ code: 0, stdout: 'abc\n', stderr: '' });
    expect(stranger('beamd --help', {})).toMatchObject({ code: 0, stderr: '' });
    expect(stranger('beamd nope', {})).toMatchObject({ code: 2, stderr: expect.stringContaining('no command named') as string });
  });

  test('what needs one says so', () => {
    for (const line of ['beamd token', 'beamd accounts', 'beamd default acme', 'beamd agent status', 'beamd logout'])
      expect([line, stranger(line, {})]).toEqual([line, { code: 2, stdout: '', stderr: HOME_MISSING }]);
    expect(stranger('runbeam harmony:list', {})).toMatchObject({
      code: 2,
      stderr: HOME_MISSING.replace('BEAMD_HOME', 'RUNBEAM_HOME'),
    });
  });

  test('BEAMD_HOME and RUNBEAM_HOME stand in for it, for the agent and its workers too', () => {
    const user = newUser();
    const env = {
      BEAMD_HOME: join(user.work, 'b'),
      RUNBEAM_HOME: join(user.work, 'r'),
      TMPDIR: user.env['TMPDIR'] ?? '/tmp',
      CI: '1',
    };
    expect(stranger('beamd login --server 127.0.0.1:9 --token-file tok 2>/dev/null', env, user).code).toBe(2);
    const line =
      'echo tok | beamd login --server 127.0.0.1:9 --token - 2>/dev/null; beamd token; beamd agent stop; runbeam harmony:list';
    expect(stranger(line, env, user)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\ntok\n\+ The agent of 127.0.0.1:9 was stopped\n/) as string,
      stderr: '',
    });
  });

  test.each(['0077', '0177', '0277', '0377', '0777'])('umask %s takes nothing from us that we need', (umask) => {
    const user = newUser();
    const env = { HOME: user.home, CI: '1', TMPDIR: user.env['TMPDIR'] ?? '/tmp' };
    const line = [
      `(umask ${umask}; echo tok | beamd login --server 127.0.0.1:9 --token - 2>/dev/null; runbeam harmony:add -l x --no-check; beamd token)`,
      'beamd agent stop; beamd token; beamd agent stop; runbeam harmony:list',
      'find "$HOME/.beamd" "$HOME/.runbeam" ! -perm 700 ! -perm 600',
    ].join('\n');
    const { code, stdout, stderr } = stranger(line, env, user);
    expect({
      code,
      stderr,
      tokens: stdout.match(/^tok$/gm)?.length,
      loose: stdout.match(/^x +http:\/\/127\.0\.0\.1:8081\/admin .* [0-9a-f]{8}$/gm)?.length,
    }).toEqual({
      code: 0,
      stderr: '',
      tokens: 2,
      loose: 1,
    });
    expect(stdout).not.toContain(user.home);
  });
});

test.skipIf(STANDALONE_BIN !== undefined)(
  'in a folder that is no more, what needs none works, and what needs one says so',
  () => {
    const user = newUser();
    const gone = 'mkdir gone; cd gone; rmdir ../gone;';
    const said = { code: 2, stdout: '', stderr: 'Error: The current folder no longer exists\nHint: cd to another folder\n' };
    expect(shell(user, `${gone} beamd --config "$HOME/work/app.yaml" token`)).toEqual({
      code: 0,
      stdout: 'abc123\n',
      stderr: '',
    });
    expect(shell(user, `${gone} beamd --config "$HOME/work/app.yaml" exec -- echo hi`)).toMatchObject({
      code: 0,
      stdout: 'hi\n',
    });
    expect(shell(user, `${gone} beamd accounts; runbeam harmony:list; beamd --help >/dev/null`)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(shell(user, `${gone} beamd --config app.yaml token`).stderr).toContain('There is no config file app.yaml');
    for (const line of ['beamd token', 'beamd whoami', 'beamd link --server 127.0.0.1:9'])
      expect([line, shell(user, `${gone} ${line}`)]).toEqual([line, said]);
  },
);

test('streams that are closed', () => {
  const user = newUser();
  for (const line of ['token', 'exec -- true'].map((each) => `beamd --config app.yaml ${each}`)) {
    expect([line, shell(user, `${line} <&- >&- 2>&-`)]).toEqual([line, { code: 0, stdout: '', stderr: '' }]);
  }
  expect(shell(user, 'beamd --config app.yaml token <&- 2>&-')).toMatchObject({ code: 0, stdout: 'abc123\n' });
  expect(shell(user, 'beamd login --server 127.0.0.1:9 --token - <&-')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('The token is empty') as string,
  });
});

test.runIf(canHideProc && STANDALONE_BIN === undefined)('a machine without /proc', () => {
  const user = newUser();
  const line = [
    'mount -t tmpfs none /proc',
    'beamd --config app.yaml token; beamd --config app.yaml exec -- echo hi; beamd --config /dev/stdin token <app.yaml',
    'echo tok | beamd login --server 127.0.0.1:9 --token - 2>/dev/null; beamd token; beamd agent stop; runbeam harmony:list',
  ].join('\n');
  expect(shell(user, line, { through: ['unshare', '-m'] })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^abc123\nhi\nabc123\n[^]*\ntok\n✓ The agent of 127.0.0.1:9 was stopped\n/) as string,
    stderr: '',
  });
});

describe('files that are none', () => {
  const shells = ['bash', 'zsh'].filter((name) => spawnSync(name, ['-c', 'cat <(:)']).status === 0);

  test('--config, --token-file and --passphrase-file read standard input and named pipes', () => {
    const user = newUser();
    expect(shell(user, 'cat app.yaml | beamd --config /dev/stdin token').stdout).toBe('abc123\n');
    expect(shell(user, 'beamd --config /dev/stdin token <app.yaml').stdout).toBe('abc123\n');
    expect(shell(user, 'beamd --config /dev/fd/5 token 5<app.yaml').stdout).toBe('abc123\n');
    expect(shell(user, 'mkfifo pipe; cat app.yaml >pipe & beamd --config pipe token').stdout).toBe('abc123\n');
    const nothing = shell(user, ': >pipe & beamd --config pipe token');
    expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('pipe lacks `token`') as string });
    const token =
      'echo tok >pipe & beamd login --server 127.0.0.1:9 --token-file pipe 2>/dev/null && beamd token; beamd agent stop';
    expect(shell(user, token).stdout).toContain('\ntok\n');
    const lock = 'echo a passphrase | beamd agent lock --passphrase-file /dev/stdin';
    expect(shell(user, `${lock}; echo a passphrase >pipe & beamd agent unlock --passphrase-file pipe`)).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  test.runIf(shells.length > 0)('and what a shell substitutes for a command', () => {
    const user = newUser();
    const substituted = (line: string): string =>
      spawnSync(shells[0] ?? '', ['-c', line], { cwd: user.work, env: user.env, encoding: 'utf8' }).stdout;
    const beamd = quoted(commandOf('beamd'));
    expect(substituted(`${beamd} --config <(cat app.yaml) token`)).toBe('abc123\n');
    const login = `${beamd} login --server 127.0.0.1:9 --token-file <(echo tok) 2>/dev/null; ${beamd} token`;
    expect(substituted(`${login}; ${beamd} agent stop`)).toContain('\ntok\n');
  });
});
