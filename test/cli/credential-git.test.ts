/** The real git, against a real remote over HTTP, with `beamd` as its credential helper. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomToken } from '../../src/auth/auth.testing.ts';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { startGitServer, type GitServer } from '../support/git-server.ts';
import { expireSession, logIn, logInWithToken, rewriteSession } from '../support/login.ts';
import { withPrograms } from '../support/shell.ts';

const keep = cleanup();

interface World {
  readonly user: CliUser;
  /** The control plane, which gives the tokens. */
  readonly control: BeamAuthEdge;
  /** The edge of the account. */
  readonly remote: GitServer;
  readonly git: (...args: string[]) => Promise<Ran>;
}

/** A user who is logged in to an edge behind which there is a git remote, with `main` in it. */
async function world(offers: 'Basic' | 'Bearer' = 'Basic'): Promise<World> {
  const takes = (token: string): boolean => (control.endOf(token) ?? 0) > Date.now();
  const remote = keep(await startGitServer({ takes, offers }));
  const control: BeamAuthEdge = keep(await startBeamAuthEdge({ edge: remote.origin }));
  const user = keep(createCliUser());
  await logIn(user, control);
  return { user, control, remote, git: gitOf(user, remote.origin) };
}

/** git with the helper for one place, as `beamd setup git` sets it; it asks nobody. */
function gitOf(user: CliUser, origin: string): World['git'] {
  const env = { ...withPrograms(user), GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' };
  const config = ['user.name=A', 'user.email=a@example.com', 'init.defaultBranch=main', `credential.${origin}.helper=beamd`];
  return (...args) =>
    new Promise((resolve) => {
      const words = [...config.flatMap((each) => ['-c', each]), ...args];
      execFile('git', words, { cwd: user.work, env, timeout: 200_000 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : null, stdout, stderr });
      });
    });
}

async function ok(ran: Promise<Ran>): Promise<Ran> {
  const { code, ...said } = await ran;
  expect({ code, ...said }).toEqual({ code: 0, ...said });
  return { code, ...said };
}

/** A clone with a commit that was pushed. */
async function cloned({ git, remote, user }: World): Promise<(...args: string[]) => Promise<Ran>> {
  const folder = join(user.work, 'project');
  await ok(git('clone', '--quiet', remote.url, folder));
  writeFileSync(join(folder, 'file'), 'one\n');
  await ok(git('-C', folder, 'add', 'file'));
  await ok(git('-C', folder, 'commit', '--quiet', '-m', 'One'));
  await ok(git('-C', folder, 'push', '--quiet', 'origin', 'HEAD:main'));
  return (...args) => git('-C', folder, ...args);
}

test('clone, push and fetch, with the token as password', async () => {
  const here = await world();
  const inClone = await cloned(here);
  await ok(inClone('fetch', '--quiet'));
  expect((await ok(inClone('log', '--format=%s', 'origin/main'))).stdout).toBe('One\n');
  expect([...new Set(here.remote.seen.map((each) => JSON.stringify(each)))]).toEqual([
    JSON.stringify({ user: '__token__', scheme: 'basic', taken: true }),
  ]);
});

test('a token that ended is replaced before git gets it', async () => {
  const here = await world();
  const inClone = await cloned(here);
  await expireSession(here.user, here.remote);
  await ok(inClone('fetch', '--quiet'));
  expect(here.control.counters.refreshes).toBe(1);
  expect(here.remote.seen.every(({ taken }) => taken)).toBe(true);
});

test('a token that the server refuses fails one fetch: git reports it, and the next one is another', async () => {
  const here = await world();
  const inClone = await cloned(here);
  // A younger one is not given up: the next would be refused as well.
  await rewriteSession(here.user, here.remote, { left: 3_000, age: 60 });
  here.control.expireAccess();
  expect(await inClone('fetch', '--quiet')).toMatchObject({ code: 128, stdout: '' });
  expect(here.control.counters.refreshes).toBe(1);
  await ok(inClone('fetch', '--quiet'));
  expect(here.control.counters.refreshes).toBe(1);
});

/** Whether this git can send what is no user name and password. */
function sendsBearer(): boolean {
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(execFileSync('git', ['--version'], { encoding: 'utf8' })) ?? [];
  return Number(major) > 2 || Number(minor) >= 46;
}

test.skipIf(!sendsBearer())(
  'git 2.46 or later: a bearer token where the server takes one, and another when it is refused',
  async () => {
    const here = await world('Bearer');
    const inClone = await cloned(here);
    await rewriteSession(here.user, here.remote, { left: 3_000, age: 60 });
    here.control.expireAccess();
    expect(await inClone('fetch', '--quiet')).toMatchObject({ code: 128, stdout: '' });
    expect(here.control.counters.refreshes).toBe(1);
    await ok(inClone('fetch', '--quiet'));
    expect(new Set(here.remote.seen.map(({ scheme, user }) => `${scheme} ${user}`))).toEqual(new Set(['bearer ']));
  },
);

test('thirty fetches at once cost one refresh', async () => {
  const here = await world();
  const inClone = await cloned(here);
  await expireSession(here.user, here.remote);
  const fetches = await Promise.all(Array.from({ length: 30 }, () => inClone('ls-remote', '--quiet', 'origin', 'main')));
  // On a machine that is busy with thirty, one may not have its token in time; then that is what it says.
  expect(fetches.filter(({ code, stderr }) => code !== 0 && !stderr.includes(' in time; '))).toEqual([]);
  await ok(inClone('fetch', '--quiet'));
  expect(here.control.counters.refreshes).toBe(1);
  expect(here.remote.seen.every(({ taken }) => taken)).toBe(true);
});

test('a login that is over: git is told what to type, and asks nobody', async () => {
  const here = await world();
  here.control.endSessions();
  await expireSession(here.user, here.remote);
  const { code, stdout, stderr } = await here.git('ls-remote', here.remote.url);
  expect([code, stdout]).toEqual([128, '']);
  expect(stderr).toContain(`Run: beamd login --server ${here.remote.origin}\n`);
  expect(here.remote.seen).toEqual([]);
});

test('of two logins the user name in the address chooses one; another one gets nothing', async () => {
  const [plain, named] = [randomToken(), randomToken()].map((token) => token) as [string, string];
  const remote = keep(await startGitServer({ takes: (token) => token === plain || token === named }));
  const user = keep(createCliUser());
  await logInWithToken(user, remote.origin, plain);
  await user.run('beamd', ['login', '--server', remote.origin, '--account', 'work', '--token', '-'], { stdin: named });
  const git = gitOf(user, remote.origin);
  const as = (name: string): string => remote.url.replace('//', `//${name}@`);
  await ok(git('ls-remote', remote.url));
  await ok(git('ls-remote', as('work')));
  expect(await git('ls-remote', as('nobody'))).toMatchObject({ code: 128 });
  expect(new Set(remote.seen.filter(({ taken }) => taken).map(({ user }) => user))).toEqual(new Set(['__token__', 'work']));
});

test('a .beamd, flags of the surroundings and a token there change nothing', async () => {
  const here = await world();
  const text = `server: ${here.remote.origin}\nscope: acme\n`;
  mkdirSync(here.user.work, { recursive: true });
  writeFileSync(join(here.user.work, '.beamd'), text);
  const ask = (host: string): Promise<Ran> =>
    here.user.run('beamd', ['credential', 'git', 'get'], {
      stdin: `protocol=http\nhost=${host}\n\n`,
      env: { BEAMD_TOKEN: randomToken(), BEAMD_SERVER: here.remote.origin },
    });
  // Another port of the same host is another place.
  expect(await ask('127.0.0.1:1')).toEqual({ code: 0, stdout: '', stderr: '' });
  const { host } = new URL(here.remote.origin);
  const { stdout, ...rest } = await ask(host);
  expect(rest).toEqual({ code: 0, stderr: '' });
  const [, password = ''] = /^username=__token__\npassword=(\S+)\npassword_expiry_utc=\d+\n$/.exec(stdout) ?? [];
  expect(here.control.endOf(password)).toBeGreaterThan(Date.now());
});

test('a server that does not answer keeps git waiting for no longer than three seconds', async () => {
  const here = await world();
  await expireSession(here.user, here.remote);
  here.control.faults.next('POST /token', { hold: 120_000 });
  const { host } = new URL(here.remote.origin);
  const ran = await here.user.run('beamd', ['credential', 'git', 'get'], {
    stdin: `protocol=http\nhost=${host}\n\n`,
    timeout: 60_000,
  });
  expect(ran).toEqual({
    code: 0,
    stdout: '',
    stderr: `! There was no token of ${here.remote.origin} in time; a refresh that was begun goes on\nRun: beamd status --server ${here.remote.origin}\n`,
  });
});
