/** A login that is under way is joined: one code for however many shells, one end for all, and somebody to go on with it. */
import { stripVTControlCharacters } from 'node:util';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startRunbeamCloud, type BeamAuthEdge, type RunningBin } from '../../sandbox/testing.ts';
import { begunLoginSchema } from '../../src/cli/json/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { until } from '../support/measure.ts';
import { openTerminal } from '../support/terminal.ts';

const keep = cleanup();

const CODE = /enter the code (\S+)\n/;
/** Printed once the login can be seen by others, too. */
const WAITS = /Waiting for approval/;
const JOINED = 'A login is under way elsewhere: this joins it\n';

const begin = (user: CliUser, edge: BeamAuthEdge, ...args: string[]): RunningBin =>
  user.start('beamd', ['login', '--server', edge.origin, ...args]);

async function codeOf(login: RunningBin): Promise<string> {
  await login.waitFor(WAITS);
  const [, code = ''] = await login.waitFor(CODE);
  return code;
}

/** Device codes that the server has given. */
const codesOf = ({ counters }: BeamAuthEdge): number => counters.requests['POST /device/code'] ?? 0;

async function setUp(): Promise<{ readonly edge: BeamAuthEdge; readonly user: CliUser }> {
  return { edge: keep(await startBeamAuthEdge()), user: keep(createCliUser()) };
}

/** A login, and another shell that has joined it. */
async function twoShells() {
  const { edge, user } = await setUp();
  const first = begin(user, edge);
  const code = await codeOf(first);
  const second = begin(user, edge);
  await codeOf(second);
  return { edge, first, second, code };
}

test('twenty shells at once: one code, one session, and the same end for all', async () => {
  const { edge, user } = await setUp();
  const logins = Array.from({ length: 20 }, () => begin(user, edge));
  const codes = await Promise.all(logins.map(codeOf));
  expect([new Set(codes).size, codesOf(edge)]).toEqual([1, 1]);
  expect(logins.filter((login) => login.output().stderr.startsWith(JOINED)).length).toBe(19);
  await edge.approve(String(codes[0]));
  const ends = await Promise.all(logins.map(({ done }) => done));
  const end = {
    code: 0,
    stdout: `✓ Logged in to ${edge.origin} as alice@example.com\nDefault org alice; others: acme, widgets\nIt is now the current server\n`,
  };
  expect(ends.map(({ code, stdout }) => ({ code, stdout }))).toEqual(ends.map(() => end));
  expect([codesOf(edge), edge.liveSessions()]).toEqual([1, 1]);
  // What has ended is not joined any more.
  const next = begin(user, edge);
  expect(await codeOf(next)).not.toBe(codes[0]);
});

test('on a terminal of 40 columns: the same screen, which says that it is joined, and breaks between words', async () => {
  const { edge, user } = await setUp();
  const code = await codeOf(begin(user, edge));
  const line = quoted([...commandOf('beamd'), 'login', '--server', edge.origin, '--no-qr']);
  const env = { ...user.env, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color', NO_COLOR: '1' };
  const terminal = keep(openTerminal(line, { cwd: user.work, env, columns: 40 }));
  await terminal.waitFor(/\d left/);
  const shown = (): string => stripVTControlCharacters(terminal.shown()).replaceAll('\r\n', '\n');
  expect(shown().slice(0, shown().indexOf('\n\n⠋'))).toBe(
    `Log in to ${edge.origin}
A login is under way elsewhere: this
joins it

Open this page:
  ${edge.origin}/device

and enter the code:
  ╭───────────────╮
  │   ${code}   │
  ╰───────────────╯

or open this one and compare the code:
${edge.origin}/device?user_code=${code}

! Never enter a code that someone sent
  you.`,
  );
  terminal.type('\u0003');
  await terminal.waitFor(/login goes on where it was begun/);
  expect(shown()).toContain('Interrupted: this waits no longer; the');
  // The one that was joined goes on.
  expect(edge.waiting()).toEqual([code]);
});

test('a joined login says the same with --json', async () => {
  const { edge, user } = await setUp();
  const first = begin(user, edge, '--json');
  const code = await codeOf(first);
  const second = begin(user, edge, '--json');
  expect(await codeOf(second)).toBe(code);
  await edge.approve(code);
  const [one, two] = [await first.done, await second.done];
  expect([one.code, two.code]).toEqual([0, 0]);
  expect(JSON.parse(two.stdout)).toEqual(JSON.parse(one.stdout));
});

test.each(['SIGINT', 'SIGKILL'] as const)('%s ends the first: the second goes on with its code', async (signal) => {
  const { edge, first, second, code } = await twoShells();
  first.kill(signal);
  await first.done;
  await second.waitFor(/Whoever waited for this login does so no more; this goes on with it/);
  await edge.approve(code);
  const { code: exit, stderr } = await second.done;
  expect(exit).toBe(0);
  expect(stderr.match(/enter the code/g)).toHaveLength(1);
  expect([codesOf(edge), edge.liveSessions()]).toEqual([1, 1]);
});

test('the first is stopped: the second goes on with its code, and the first, continued, ends as that one did', async () => {
  const { edge, first, second, code } = await twoShells();
  first.kill('SIGSTOP');
  await second.waitFor(/Whoever waited for this login does so no more; this goes on with it/);
  await edge.approve(code);
  const { code: exit, stdout } = await second.done;
  first.kill('SIGCONT');
  expect(exit).toBe(0);
  const { stderr, ...end } = await first.done;
  expect(end).toEqual({ code: 0, signal: null, stdout });
  expect(stderr.slice(stderr.indexOf('Another'))).toBe('Another process has taken this login over meanwhile\n');
  expect([codesOf(edge), edge.liveSessions()]).toEqual([1, 1]);
});

test('the first is stopped and continued before the approval: it follows the second, and shows nothing twice', async () => {
  const { edge, first, second, code } = await twoShells();
  first.kill('SIGSTOP');
  await second.waitFor(/Whoever waited for this login does so no more; this goes on with it/);
  first.kill('SIGCONT');
  await first.waitFor(/Another process has taken this login over meanwhile\nWaiting for approval/);
  // What it leaves alone is the other's by now.
  first.kill('SIGINT');
  expect((await first.done).stderr).toMatch(
    /enter the code \S+\n(?![^]*enter the code)[^]*the login goes on where it was begun\n$/,
  );
  await edge.approve(code);
  expect((await second.done).code).toBe(0);
  expect([codesOf(edge), edge.liveSessions()]).toEqual([1, 1]);
});

test('while the first still asks for its code, whoever waits on a terminal is told so', async () => {
  const { edge, user } = await setUp();
  edge.faults.next('POST /device/code', { hang: true });
  const first = begin(user, edge);
  await until(() => codesOf(edge) === 1);
  const line = quoted([...commandOf('beamd'), 'login', '--server', edge.origin, '--no-qr']);
  const env = { ...user.env, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color', NO_COLOR: '1' };
  const terminal = keep(openTerminal(line, { cwd: user.work, env, columns: 100 }));
  await terminal.waitFor(new RegExp(`Waiting for another process, which begins a login to ${edge.origin}`));
  first.kill('SIGKILL');
  // It then begins one itself, on a screen without that line.
  await terminal.waitFor(/\d left/);
  expect(edge.waiting().length).toBe(1);
});

test('what a killed login left is gone on with; what an interrupted one left is nothing', async () => {
  const { edge, user } = await setUp();
  const killed = begin(user, edge);
  const code = await codeOf(killed);
  killed.kill('SIGKILL');
  await killed.done;
  const next = begin(user, edge);
  expect(await codeOf(next)).toBe(code);
  expect(next.output().stderr).toMatch(/^This goes on with a login that was begun before\n/);
  next.kill('SIGINT');
  expect((await next.done).stderr).toContain('Interrupted: the login was not finished, and nothing was saved\n');
  const last = begin(user, edge);
  expect(await codeOf(last)).not.toBe(code);
});

test('what a killed login left is not gone on with once it was denied', async () => {
  const { edge, user } = await setUp();
  const killed = begin(user, edge);
  const code = await codeOf(killed);
  killed.kill('SIGKILL');
  await killed.done;
  await edge.deny(code);
  const next = begin(user, edge);
  await next.waitFor(/The login that was begun before is over; this begins another\n[^]*Waiting for approval/);
  const [anew = ''] = edge.waiting();
  await edge.approve(anew);
  expect((await next.done).code).toBe(0);
});

test('a no and an expired code end it for all', async () => {
  const { edge, user } = await setUp();
  for (const [end, line] of [
    ['deny', 'The login was denied in the browser; nothing was saved'],
    ['expire', 'The login expired before it was approved'],
  ] as const) {
    const first = begin(user, edge);
    const code = await codeOf(first);
    const second = begin(user, edge);
    expect(await codeOf(second)).toBe(code);
    await edge[end](code);
    for (const { code: exit, stderr } of [await first.done, await second.done]) {
      expect(exit).toBe(4);
      expect(stderr.slice(stderr.indexOf('Error:'))).toBe(`Error: ${line}\nRun: beamd login --server ${edge.origin}\n`);
    }
  }
  expect(codesOf(edge)).toBe(2);
});

test('a login for something else is another login', async () => {
  const { edge, user } = await setUp();
  const first = begin(user, edge);
  const codes = [await codeOf(first)];
  for (const flags of [['--account', 'work'], ['--scope', 'acme'], ['--insecure'], ['--client-id', 'x'], ['--storage', 'age']]) {
    const other = begin(user, edge, ...flags);
    codes.push(await codeOf(other));
    expect(other.output().stderr).not.toContain(JOINED);
  }
  expect(new Set(codes).size).toBe(6);
});

describe('--no-wait', () => {
  const noWait = async (user: CliUser, ...args: string[]) => {
    const { stdout } = await user.run('beamd', ['login', ...args, '--no-wait', '--json']);
    return v.parse(begunLoginSchema, JSON.parse(stdout));
  };

  test('gives the login that is under way, which then outlives Ctrl-C', async () => {
    const { edge, user } = await setUp();
    const first = begin(user, edge);
    const code = await codeOf(first);
    const begun = await noWait(user, '--server', edge.origin);
    expect(await noWait(user, '--server', edge.origin)).toEqual(begun);
    expect([begun.user_code, codesOf(edge)]).toEqual([code, 1]);
    first.kill('SIGINT');
    await first.done;
    await edge.approve(code);
    expect((await user.beamd('login', '--resume', begun.id)).code).toBe(0);
  });

  test('is resumed after another process has saved it, with the same end', async () => {
    const { edge, user } = await setUp();
    const { id, user_code: code = '' } = await noWait(user, '--server', edge.origin);
    const plain = begin(user, edge);
    expect(await codeOf(plain)).toBe(code);
    const resumed = user.start('beamd', ['login', '--resume', id]);
    await resumed.waitFor(WAITS);
    await edge.approve(code);
    const { stdout } = await plain.done;
    expect(await resumed.done).toMatchObject({ code: 0, stdout });
    expect(await user.beamd('login', '--resume', id)).toEqual({ code: 0, stdout, stderr: '' });
    expect([codesOf(edge), edge.liveSessions()]).toEqual([1, 1]);
  });
});

describe('runbeam', () => {
  test('is joined', async () => {
    const cloud = keep(await startRunbeamCloud());
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    const first = user.start('runbeam', ['login']);
    await first.waitFor(WAITS);
    const second = user.start('runbeam', ['login']);
    await second.waitFor(WAITS);
    const [url = ''] = /http\S+code=[A-Z-]+/.exec(second.output().stderr) ?? [];
    await cloud.approve(url);
    const { stdout } = await first.done;
    expect(await second.done).toMatchObject({ code: 0, stdout });
    expect(stdout).toMatch(/^✓ Logged in to Runbeam Cloud at \S+ as alice@example\.com\n/);
    expect(cloud.counters.requests['POST /api/cli/start-login']).toBe(1);
  });

  test('is begun and resumed in two steps, by its own program', async () => {
    const cloud = keep(await startRunbeamCloud());
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    const { stdout } = await user.runbeam('login', '--no-wait', '--json');
    const begun = v.parse(begunLoginSchema, JSON.parse(stdout));
    expect(begun).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      server: cloud.origin,
      verification_uri: expect.stringMatching(/^http\S+code=[A-Z-]+$/),
      expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      interval: 1,
      resume: `runbeam login --resume ${begun.id}`,
    });
    expect(await user.beamd('login', '--resume', begun.id)).toEqual({
      code: 2,
      stdout: '',
      stderr: `Error: The login ${begun.id} was begun by runbeam\nRun: runbeam login --resume ${begun.id}\n`,
    });
    await cloud.approve(begun.verification_uri);
    const resumed = await user.run('runbeam', ['login', '--resume', begun.id, '--json'], { env: { RUNBEAM_API_URL: undefined } });
    expect(resumed.code).toBe(0);
    expect(JSON.parse(resumed.stdout)).toMatchObject({ server: cloud.origin, user: 'alice@example.com' });
    expect((await user.runbeam('verify')).code).toBe(0);
  });
});
