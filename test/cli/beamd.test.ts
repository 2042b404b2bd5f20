/** Every `beamd` command without a terminal: exactly what it prints where, and the exit code. Three servers; each test has a user of its own. */
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  decideByCode,
  startBeamAuthEdge,
  startOAuthEdge,
  startSelfHostedEdge,
  type BeamAuthEdge,
  type OAuthEdge,
  type SelfHostedEdge,
} from '../../sandbox/testing.ts';
import { lastUse } from '../../src/store/accounts/last-use.ts';
import { accountFile } from '../../src/store/paths.ts';
import { parseServer } from '../../src/store/server.ts';
import { expireSession, logIn, logInWithToken, succeeded } from '../support/login.ts';
import { agentState } from '../support/agent.ts';
import { json, expectCli } from '../support/expect-cli.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let edge: BeamAuthEdge;
let oauth: OAuthEdge;
let hosted: SelfHostedEdge;
/** Logged in to all three; the default org is alice at the first, which is the current one, and widgets at the second. */
let everywhere: CliUser;

beforeAll(async () => {
  edge = keepForAll(await startBeamAuthEdge());
  oauth = keepForAll(await startOAuthEdge());
  hosted = keepForAll(await startSelfHostedEdge());
  everywhere = keepForAll(createCliUser());
  await logIn(everywhere, edge);
  await logIn(everywhere, oauth, '--scope', 'widgets');
  await logInWithToken(everywhere, hosted.origin, hosted.token);
});

const stranger = (): CliUser => keep(createCliUser());
const loggedIn = (): CliUser => keep(createCliUser({ from: everywhere }));

const ORGS = [
  { slug: 'alice', role: 'owner' },
  { slug: 'acme', role: 'admin' },
  { slug: 'widgets', role: 'member' },
];
/** What a list of accounts says of their last uses. */
const USED = v.object({ accounts: v.array(v.object({ server: v.string(), last_used_at: v.optional(v.string()) })) });
const NOT_LOGGED_IN = { code: 4, stderr: 'Error: You are not logged in\nRun: beamd login\n' };

describe('before any login', () => {
  test.each([
    'orgs',
    'default',
    'whoami',
    'status',
    'token',
    'link',
    'exec -- true',
    'agent start',
    'agent stop',
    'agent status',
    'agent log',
  ])('beamd %s says so', async (command) => {
    const user = stranger();
    await expectCli(user, `beamd ${command}`, NOT_LOGGED_IN);
  });

  test('accounts is empty, logout has nothing to do, and an unknown server is named', async () => {
    const user = stranger();
    await expectCli(user, 'beamd accounts', { stdout: 'You are not logged in anywhere\nRun: beamd login\n' });
    await expectCli(user, 'beamd logout --all', { code: 4, stderr: 'Error: You are not logged in anywhere\nRun: beamd login\n' });
    await expectCli(user, 'beamd switch edge.example.com', {
      code: 4,
      stderr: 'Error: You are not logged in to edge.example.com\nRun: beamd login --server edge.example.com\n',
    });
    expect(await json(user, 'error', 'beamd whoami', 4)).toEqual({
      error: { code: 'login_required', message: 'You are not logged in', hint: 'beamd login' },
    });
  });
});

describe('login', () => {
  test('by the beam-auth dialect: the URL and the code on stderr, the result on stdout', async () => {
    const user = stranger();
    const started = user.start('beamd', ['login', '--server', edge.origin]);
    const [, code = ''] = await started.waitFor(/enter the code (\S+)\n/);
    const { stdout, stderr } = await decideByCode(started, edge);
    expect({ stdout, stderr }).toEqual({
      stdout: `✓ Logged in to ${edge.origin} as alice@example.com\nDefault org alice; others: acme, widgets\nIt is now the current server\n`,
      stderr:
        `Open ${edge.origin}/device in a browser\nand enter the code ${code}\n` +
        `or open ${edge.origin}/device?user_code=${code} and compare the code\n! Never enter a code that someone sent you.\n` +
        'Waiting for approval, for 10 min at most\nHint: where nobody can approve, use an API key: beamd --config FILE\n',
    });
  });

  test('by OpenID discovery, with a scope, as JSON', async () => {
    const user = stranger();
    const started = user.start('beamd', ['login', '--server', oauth.origin, '--scope', 'widgets', '--json']);
    const { code, stdout } = await decideByCode(started, oauth);
    expect({ code, value: JSON.parse(stdout) as unknown }).toEqual({
      code: 0,
      value: {
        account: {
          server: oauth.origin,
          kind: 'session',
          scopes: ORGS,
          storage: 'age',
          user: 'alice@example.com',
          default_scope: 'widgets',
        },
        current: true,
        replaced: false,
        check: 'valid',
      },
    });
  });

  test('with a token, from stdin and from a file; on the command line it warns', async () => {
    const user = stranger();
    const stdout = `✓ Logged in to ${hosted.origin}\nThe token was saved without being checked\n`;
    expect(await logInWithToken(user, hosted.origin, hosted.token)).toEqual({
      code: 0,
      stdout: `${stdout}It is now the current server\n`,
      stderr: '',
    });
    const again = await user.beamd('login', '--server', hosted.origin, '--token', hosted.token);
    expect(again).toEqual({
      code: 0,
      stdout,
      stderr:
        '! A token on the command line shows up in ps and in the shell history\nHint: --token - reads it from standard input\n' +
        `Replaced the earlier token for ${hosted.origin}\n`,
    });
  });

  test('bare, in a project that uses a server: which command logs in there', async () => {
    const user = stranger();
    const cwd = join(user.work, 'pinned');
    mkdirSync(cwd);
    writeFileSync(join(cwd, '.beamd'), `server: ${edge.origin}\n`);
    const refused = {
      code: 2,
      stdout: '',
      stderr: `Error: This project uses ${edge.origin}\nRun: beamd login --server ${edge.origin}\n`,
    };
    expect(await user.run('beamd', ['login'], { cwd })).toEqual(refused);
    expect(await user.run('beamd', ['login'], { cwd, env: { BEAMD_DEFAULT_HOST: hosted.origin } })).toEqual(refused);
  });

  test('a server without device login: exit 4, and the form that works', async () => {
    const user = loggedIn();
    await expectCli(user, `beamd login --server ${hosted.origin}`, {
      code: 4,
      stderr:
        `Error: ${hosted.origin} offers no device login: it is self-hosted and takes a token\n` +
        `Run: beamd login --server ${hosted.origin} --token -\n`,
    });
  });

  test('a denial and an expired code save nothing', async () => {
    const user = loggedIn();
    const before = await user.beamd('accounts');
    const denied = await decideByCode(user.start('beamd', ['login', '--server', oauth.origin]), oauth, 'deny');
    expect({ code: denied.code, stdout: denied.stdout }).toEqual({ code: 4, stdout: '' });
    const started = user.start('beamd', ['login', '--server', edge.origin]);
    const [, code = ''] = await started.waitFor(/enter the code (\S+)\n/);
    edge.expire(code);
    const expired = await started.done;
    expect({ code: expired.code, stdout: expired.stdout }).toEqual({ code: 4, stdout: '' });
    expect(await user.beamd('accounts')).toEqual(before);
  });

  test('slow_down slows down and does not fail', async () => {
    const user = stranger();
    const started = user.start('beamd', ['login', '--server', edge.origin]);
    const [, code = ''] = await started.waitFor(/enter the code (\S+)\n/);
    edge.slowDown(code);
    const { code: exit, stdout } = await decideByCode(started, edge);
    expect({ exit, stdout }).toEqual({
      exit: 0,
      stdout: `✓ Logged in to ${edge.origin} as alice@example.com\nDefault org alice; others: acme, widgets\nIt is now the current server\n`,
    });
  });
});

describe('orgs and default', () => {
  const table = '* alice    owner   default\n  acme     admin\n  widgets  member\n';

  test('orgs, its alias, and orgs --refresh', async () => {
    const user = loggedIn();
    await expectCli(user, 'beamd orgs', { stdout: table });
    await expectCli(user, 'beamd scopes', { stdout: table });
    await expectCli(user, 'beamd orgs --refresh', { stdout: table });
    await expectCli(user, `beamd orgs --server ${hosted.origin}`, {
      stdout: `${hosted.origin} is self-hosted and has no orgs\n`,
    });
    expect(await json(user, 'beamd:orgs', 'beamd orgs --scope acme')).toEqual({
      server: edge.origin,
      self_hosted: false,
      orgs: ORGS,
      stale_default: false,
      user: 'alice@example.com',
      default_scope: 'alice',
      active: 'acme',
    });
  });

  test('default shows and sets', async () => {
    const user = loggedIn();
    await expectCli(user, 'beamd default', { stdout: 'alice\n' });
    await expectCli(user, 'beamd default acme', { stdout: `✓ The default org on ${edge.origin} is now acme\n` });
    await expectCli(user, 'beamd default acme', { stdout: `The default org on ${edge.origin} is acme\n` });
    expect(await json(user, 'beamd:default', 'beamd default')).toEqual({
      server: edge.origin,
      stale: false,
      changed: false,
      default_scope: 'acme',
    });
    await expectCli(user, `beamd default --server ${hosted.origin}`, {
      stderr: `${hosted.origin} is self-hosted and has no orgs, so there is no default org\n`,
    });
  });

  test('an org that the account does not have is refused with the list', async () => {
    const user = loggedIn();
    await expectCli(user, 'beamd default nope', {
      code: 6,
      stderr:
        `Error: ${edge.origin} has no org "nope" for you; its orgs: alice, acme, widgets\n` +
        `Run: beamd orgs --refresh --server ${edge.origin}\n`,
    });
    await expectCli(user, `beamd default x --server ${hosted.origin}`, {
      code: 6,
      stderr: `Error: ${hosted.origin} is self-hosted and has no orgs\nRun: beamd accounts\n`,
    });
  });

  test('default does not take what a script reads on standard input for an org', async () => {
    const user = loggedIn();
    const stdout = 'alice\n';
    await expectCli(user, 'beamd default', { stdout }, { stdin: 'widgets\n' });
    await expectCli(user, 'beamd default', { stdout });
  });

  test('a default that is gone at the server is reported', async () => {
    const user = loggedIn();
    succeeded(await user.beamd('default', 'acme'));
    keep({ close: () => edge.setOrgs(ORGS) });
    edge.setOrgs(ORGS.filter(({ slug }) => slug !== 'acme'));
    const notice = `! The default org acme is not among your orgs on ${edge.origin} any more\nRun: beamd default ORG\n`;
    await expectCli(user, 'beamd orgs --refresh', { stdout: `  alice    owner\n  widgets  member\n${notice}` });
    await expectCli(user, 'beamd default', { stdout: 'acme\n', stderr: notice });
    edge.setOrgs(ORGS);
    await expectCli(user, 'beamd orgs --refresh', {
      stdout: '  alice    owner\n* acme     admin   default\n  widgets  member\n',
    });
  });
});

describe('accounts, switch, whoami, status', () => {
  test('accounts lists the three', async () => {
    const user = loggedIn();
    const value = await json(user, 'beamd:accounts', 'beamd accounts');
    const session = { kind: 'session', scopes: ORGS, storage: 'age', user: 'alice@example.com' };
    const accounts = [
      { server: edge.origin, ...session, default_scope: 'alice', current: true, state: 'logged_in' },
      { server: hosted.origin, kind: 'token', scopes: [], storage: 'age', current: false, state: 'token' },
      { server: oauth.origin, ...session, default_scope: 'widgets', current: false, state: 'logged_in' },
    ].toSorted((a, b) => (a.server < b.server ? -1 : 1));
    expect(value).toEqual({ accounts, problems: [] });
    const { stdout } = await user.beamd('accounts');
    expect(stdout.split('\n').toSorted()).toEqual(
      [
        '',
        `* ${edge.origin}  alice@example.com  3 orgs, default alice`,
        `  ${hosted.origin}                     token`,
        `  ${oauth.origin}  alice@example.com  3 orgs, default widgets`,
      ].toSorted(),
    );
  });

  test('accounts shows what was used last, also when its agent has ended, and starts none to tell', async () => {
    const user = loggedIn();
    const file = accountFile(user.homes, parseServer(hosted.origin).key);
    const [before, stamp] = [Math.floor(Date.now() / 1000), statSync(file).mtimeMs];
    succeeded(await user.beamd('token', '--server', hosted.origin));
    succeeded(await user.beamd('agent', 'stop', '--server', hosted.origin));
    const listed = await json(user, 'beamd:accounts', 'beamd accounts');
    const used = v
      .parse(USED, listed)
      .accounts.map(({ server, last_used_at: at }) => [server, at === undefined ? at : Date.parse(at) / 1000]);
    const [, at] = used.find(([server]) => server === hosted.origin) ?? [];
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now() / 1000);
    expect(used.filter(([, time]) => time !== undefined)).toHaveLength(1);
    expect((await user.beamd('accounts', '--server', hosted.origin)).stdout).toMatch(/ {2}token +used (?:just now|[0-9].*)\n$/);
    expect([user.agents(), statSync(file).mtimeMs]).toEqual([[], stamp]);
  });

  test('a mistyped key of the configuration is said with its line', async () => {
    const user = loggedIn();
    const path = join(user.homes.beamd, 'config');
    writeFileSync(path, `# mine\ncurent: ${oauth.origin}\nnewer: kept\n`, { mode: 0o600 });
    const said = `! ${path}:2: the configuration has no key \`curent\`; did you mean \`current\`?\n`;
    expect((await user.beamd('accounts')).stderr).toBe(said);
    expect(await user.beamd('whoami')).toEqual({
      code: 2,
      stdout: '',
      stderr: `${said}Error: You are logged in to several servers, and none is the current one\nRun: beamd switch SERVER\n`,
    });
  });

  test('what a command does without an agent is a use too, and a logout forgets it', async () => {
    const user = loggedIn();
    succeeded(await user.run('beamd', ['token', '--server', hosted.origin], { env: { BEAMD_NO_AGENT: '1' } }));
    const { key } = parseServer(hosted.origin);
    expect(lastUse(user.homes, key)).toBeDefined();
    succeeded(await user.beamd('logout', '--server', hosted.origin));
    expect(lastUse(user.homes, key)).toBeUndefined();
  });

  test('switch makes another one current, with or without the scheme', async () => {
    const user = loggedIn();
    await expectCli(user, `beamd switch ${oauth.origin}`, { stdout: `✓ The current server is now ${oauth.origin}\n` });
    expect(await json(user, 'beamd:switch', `beamd switch ${edge.origin}`)).toEqual({ current: edge.origin });
    const { code, stderr } = await user.beamd('switch');
    expect([code, stderr.replace(/: .*(?=\n)/, '')]).toEqual([2, 'Error\nRun: beamd switch SERVER\n']);
  });

  test('whoami', async () => {
    const user = loggedIn();
    await expectCli(user, 'beamd whoami', { stdout: `alice@example.com on ${edge.origin} for alice (owner)\n` });
    await expectCli(user, `beamd --server ${hosted.origin} whoami`, { stdout: `A token on ${hosted.origin} (self-hosted)\n` });
    expect(await json(user, 'beamd:whoami', 'beamd --scope widgets whoami')).toEqual({
      server: edge.origin,
      source: 'account',
      self_hosted: false,
      user: 'alice@example.com',
      scope: 'widgets',
      role: 'member',
    });
  });

  test('status says what is used and why, and starts no agent', async () => {
    const user = loggedIn();
    const { stdout, ...ran } = await user.beamd('status');
    expect({ ...ran, stdout: stdout.replace(/(?:1 h|\d+ min) \(\d{4}-\d\d-\d\d \d\d:\d\d\)/, 'N min (TIME)') }).toEqual({
      code: 0,
      stderr: '',
      stdout:
        `Server   ${edge.origin}  (the current account)\nOrg      alice  (the default org)\n` +
        'User     alice@example.com\nSession  valid, expires in N min (TIME)\nStorage  age (encrypted to a key file or BEAMD_ENCRYPTION_KEY)\nAgent    not running; starts when it is needed\n',
    });
    expect(await json(user, 'beamd:status', 'beamd status --check')).toEqual({
      server: edge.origin,
      server_source: { kind: 'current' },
      unknown_scope: false,
      token: 'account',
      session: { state: 'valid', expires_at: expect.any(String) },
      agent: { state: 'stopped' },
      scope: 'alice',
      scope_source: { kind: 'default-scope' },
      user: 'alice@example.com',
      storage: 'age',
      check: { verdict: 'valid' },
    });
    expect(user.agents()).toEqual([]);
  });
});

test('status of a session that has ended is exit 4, and says how to log in again', async () => {
  const user = keep(createCliUser({ env: { TZ: 'UTC' } }));
  await logIn(user, edge);
  const [file = ''] = readdirSync(join(user.homes.beamd, 'accounts')).map((name) => join(user.homes.beamd, 'accounts', name));
  appendFileSync(file, 'ended_at: 1766311200\n');
  const { code, stdout, stderr } = await user.beamd('status');
  expect({ code, stderr }).toEqual({ code: 4, stderr: '' });
  expect(stdout).toMatch(/\nSession {2}ended \d+ days ago \(2025-12-21 10:00\)\n/);
  expect(stdout).toMatch(new RegExp(`\\nRun: beamd login --server ${edge.origin}\\n$`));
  expect(await json(user, 'beamd:status', 'beamd status', 4)).toMatchObject({
    session: { state: 'ended', ended_at: '2025-12-21T10:00:00Z' },
  });
});

describe('token and exec', () => {
  test('token prints the token and a newline, nothing else', async () => {
    const user = loggedIn();
    const { code, stdout, stderr } = await user.beamd('token');
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringMatching(/^bat_[\w-]+\n$/), stderr: '' });
    expect(await json(user, 'beamd:token', 'beamd token --scope widgets')).toEqual({
      access_token: stdout.trim(),
      server: edge.origin,
      expires_at: expect.any(String),
      scope: 'widgets',
    });
    await expectCli(user, `beamd token --server ${hosted.origin} --scope any`, { stdout: `${hosted.token}\n` });
    await expectCli(user, 'beamd token --scope nope', {
      code: 6,
      stderr:
        `Error: ${edge.origin} has no org "nope" for you; its orgs: alice, acme, widgets\n` +
        `Run: beamd orgs --refresh --server ${edge.origin}\n`,
    });
  });

  test('exec gives the child its environment, its streams and its exit code', async () => {
    const user = loggedIn();
    const token = (await user.beamd('token')).stdout.trim();
    const script = 'const e = process.env; console.log(e.BEAMD_SERVER, e.BEAMD_SCOPE, e.BEAMD_TOKEN); process.exit(3)';
    expect(await user.beamd('exec', '--scope', 'widgets', '--', process.execPath, '-e', script)).toEqual({
      code: 3,
      stdout: `${edge.origin} widgets ${token}\n`,
      stderr: '',
    });
    const echo = await user.run('beamd', ['exec', '--', 'cat'], { stdin: 'to the child' });
    expect(echo).toEqual({ code: 0, stdout: 'to the child', stderr: '' });
    await expectCli(user, 'beamd exec', { code: 2, stderr: 'Error: There is no command to run\nRun: beamd exec -- COMMAND\n' });
    await expectCli(user, 'beamd exec -- /no/such/program', {
      code: 127,
      stderr: 'Error: There is no program /no/such/program\nHint: Check the path\n',
    });
  });
});

describe('agent', () => {
  test('start, status, log, stop', async () => {
    const user = loggedIn();
    await user.beamd('agent', 'start');
    const { pid = 0 } = await agentState(user);
    await expectCli(user, 'beamd agent start', { stdout: `The agent of ${edge.origin} is already running (pid ${pid})\n` });
    expect(await json(user, 'beamd:agent:start', 'beamd agent start')).toEqual({
      server: edge.origin,
      pid,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      already_running: true,
      socket: join(user.home, '.beamd', 'agents', `127.0.0.1_${edge.port}.sock`),
      origins: [edge.origin],
    });
    expect(await json(user, 'beamd:agent:status', 'beamd agent status')).toMatchObject({ state: 'running', pid, refreshes: 0 });
    const log = await user.beamd('agent', 'log');
    expect(log.stdout.split('\n').at(-2)).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z started pid=${pid} version=`));
    expect(await json(user, 'beamd:agent:log', 'beamd agent log')).toMatchObject({ server: edge.origin });
    await expectCli(user, 'beamd agent stop', { stdout: `✓ The agent of ${edge.origin} was stopped\n` });
    await expectCli(user, 'beamd agent stop', { stdout: `The agent of ${edge.origin} was not running\n` });
    expect(await json(user, 'beamd:agent:stop', 'beamd agent stop')).toEqual({ server: edge.origin, stopped: false });
    expect(await json(user, 'beamd:agent:status', 'beamd agent status')).toEqual({
      server: edge.origin,
      locked: false,
      state: 'stopped',
      socket: join(user.homes.beamd, 'agents', `${edge.origin.replace('http://', '').replace(':', '_')}.sock`),
      origins: [edge.origin],
    });
  });
});

describe('link', () => {
  test('writes .beamd and .beamd.local, and the ladder follows them', async () => {
    const user = loggedIn();
    const path = join(user.work, '.beamd');
    await expectCli(user, `beamd link --server ${oauth.origin}`, {
      stdout: `✓ Wrote ${path}: this project uses ${oauth.origin} and org widgets\nIt holds no secret: commit it\nTo check it, here and in CI\nRun: beamd pin check\n`,
    });
    expect(readFileSync(path, 'utf8')).toBe(`server: ${oauth.origin}\nscope: widgets\n`);
    expect(await json(user, 'beamd:link', 'beamd link --local --scope alice')).toEqual({
      path: `${path}.local`,
      server: oauth.origin,
      scope: 'alice',
      local: true,
    });
    // The personal org acts here, and is not for everyone who works on the project.
    expect(await json(user, 'beamd:link', `beamd link --server ${oauth.origin}`)).toEqual({
      path,
      server: oauth.origin,
      scope: 'widgets',
      unpinned_scope: 'alice',
      local: false,
    });
    const { code, stderr } = await user.run('beamd', ['link', '--server', edge.origin]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `Error: ${path} pins ${oauth.origin}, org widgets already\nRun: beamd link --server ${edge.origin} --force\n`,
    });
    await expectCli(user, 'beamd whoami', { stdout: `alice@example.com on ${oauth.origin} for alice (owner)\n` });
  });
});

describe('wrong usage is exit 2', () => {
  test.each([
    ['beamd nope', 'Error: beamd has no command named "nope"\nRun: beamd --help\n'],
    ['beamd whomi', 'Error: beamd has no command named "whomi"\nRun: beamd whoami\n'],
    ['beamd harmony:list', 'Error: beamd has no command named "harmony:list"\nRun: runbeam harmony:list\n'],
    ['runbeam agent status', 'Error: runbeam has no command named "agent"\nRun: beamd agent status\n'],
    ['beamd agent nope', 'Error: beamd has no command named "agent nope"\nRun: beamd agent --help\n'],
    ['beamd whoami --nope', 'Error: There is no flag --nope\nHint: Add --help to see how it is used\n'],
    [
      'beamd whoami --sever x',
      'Error: There is no flag --sever; did you mean --server?\nHint: Add --help to see how it is used\n',
    ],
    [
      'beamd --sever x whoami',
      'Error: There is no flag --sever; did you mean --server?\nHint: Add --help to see how it is used\n',
    ],
    ['beamd agnt status', 'Error: beamd has no command named "agnt"\nRun: beamd agent status\n'],
    ['beamd completion bsh', 'Error: SHELL is bash, zsh or fish; did you mean bash?\nHint: Add --help to see how it is used\n'],
    ['beamd whoami extra', 'Error: Unexpected argument: extra\nHint: Add --help to see how it is used\n'],
    ['beamd orgs --server', 'Error: There is no value for --server HOST\nHint: Add --help to see how it is used\n'],
    ['beamd --server x.example.com', 'Error: There are flags but no command\nRun: beamd --help\n'],
    ['beamd orgs --server a_b', undefined],
  ])('%s', async (line, stderr) => {
    const user = loggedIn();
    if (stderr !== undefined) await expectCli(user, line, { code: 2, stderr });
    else expect((await user.run('beamd', line.split(' ').slice(1))).code).toBe(2);
  });

  test('plain http off this machine is exit 6', async () => {
    const user = loggedIn();
    await expectCli(user, 'beamd orgs --server http://edge.example.com', {
      code: 6,
      stderr:
        'Error: edge.example.com was given with http://, which would send tokens in the clear\nHint: Use https://edge.example.com\n',
    });
  });
});

describe('logout', () => {
  test('revokes, stops the agent and moves on to another server', async () => {
    const user = stranger();
    // Servers of its own: what it ends, the others share.
    const own = keep(await startBeamAuthEdge());
    const other = keep(await startOAuthEdge());
    await logIn(user, own);
    await logIn(user, other);
    await logInWithToken(user, hosted.origin, hosted.token);
    for (const server of [own.origin, hosted.origin]) succeeded(await user.beamd('token', '--server', server));
    expect(await json(user, 'beamd:logout', `beamd logout --server ${own.origin}`)).toMatchObject({
      accounts: [{ server: own.origin, user: 'alice@example.com', kind: 'session', session: 'revoked', agent_stopped: true }],
    });
    expect({ revoked: own.counters.revocations, live: own.liveSessions() }).toEqual({ revoked: 1, live: 0 });
    const lines = {
      [hosted.origin]: `✓ Logged out of ${hosted.origin}: the token was deleted here; it stays valid until the server drops it\n  its agent was stopped\n`,
      [other.origin]: `✓ Logged out of ${other.origin} (alice@example.com): the session was revoked and deleted here\n`,
    };
    const stdout = Object.keys(lines)
      .toSorted()
      .map((server) => lines[server])
      .join('');
    await expectCli(user, 'beamd logout --all', { stdout });
    await expectCli(user, 'beamd accounts', { stdout: 'You are not logged in anywhere\nRun: beamd login\n' });
    expect(user.agents()).toEqual([]);
  });
});

test('a second login to the same edge revokes the session of the first, and says so', async () => {
  const own = keep(await startBeamAuthEdge());
  const user = stranger();
  await logIn(user, own);
  const second = await logIn(user, own, '--json');
  expect(second.stderr.split('\n').at(-2)).toBe(
    `Replaced the earlier login of alice@example.com on ${own.origin}; its session was revoked`,
  );
  expect(JSON.parse(second.stdout)).toMatchObject({ replaced: true, earlier_session: 'revoked' });
  expect({ revoked: own.counters.revocations, live: own.liveSessions() }).toEqual({ revoked: 1, live: 1 });
});

test('where one authorization server knows both logins, the new one outlives the revocation', async () => {
  const own = keep(await startOAuthEdge());
  const user = stranger();
  await logIn(user, own);
  await logIn(user, own);
  expect(own.counters.revocations).toBe(1);
  await expireSession(user, own);
  expect((await user.beamd('token')).code).toBe(0);
});

test('a token that nobody can check takes the place of a login only if that is said', async () => {
  const user = stranger();
  await logInWithToken(user, hosted.origin, hosted.token);
  const file = (): string => readFileSync(accountFile(user.homes, parseServer(hosted.origin).key), 'utf8');
  const before = file();
  const command = `beamd login --server ${hosted.origin} --token -`;
  const other = { stdin: randomBytes(16).toString('hex') };
  const refused = {
    code: 6,
    stderr:
      `Error: You are logged in to ${hosted.origin}, and this token could not be checked; the login was kept\n` +
      `Run: ${command} --replace\n`,
  };
  await expectCli(user, command, refused, other);
  expect(file()).toBe(before);
  const replaced = {
    stdout: `✓ Logged in to ${hosted.origin}\nThe token was saved without being checked\n`,
    stderr: `Replaced the earlier token for ${hosted.origin}\n`,
  };
  await expectCli(user, `${command} --replace`, replaced, other);
});
