/** What our own commands do inside `beamd exec`: they act for the same login, with a token that is fresh when they are run. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { beforeEach, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser, type Ran } from '../support/cli-user.ts';
import { writeConfig } from '../support/files.ts';
import { expireSession, logIn } from '../support/login.ts';
import { until } from '../support/measure.ts';

const keep = cleanup();
let edge: BeamAuthEdge;
let user: CliUser;

beforeEach(async () => {
  edge = keep(await startBeamAuthEdge());
  user = keep(createCliUser());
  await logIn(user, edge);
});

/** What is said of a token that ended at the beginning of the year. */
const ENDED = String.raw`The token of BEAMD_TOKEN ended \d+ days ago \(202[56]-\d\d-\d\d \d\d:\d\d\)`;

/** As a shell calls it; a script has `beamd` as a function of its own. */
const BEAMD = `beamd() { ${quoted(commandOf('beamd'))} "$@"; }`;

const inside = (
  script: string,
  options: { readonly args?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ran> =>
  user.run('beamd', ['exec', ...(options.args ?? []), '--', 'sh', '-c', `${BEAMD}; ${script}`], { env: options.env ?? {} });

/** Ends the life of every token there is, on both sides. */
async function endTokens(): Promise<void> {
  edge.expireAccess();
  await expireSession(user, edge);
}

async function isAlive(token: string): Promise<boolean> {
  return (await fetch(`${edge.origin}/api/scopes`, { headers: { authorization: `Bearer ${token}` } })).status === 200;
}

test('a build of ten token lives never gets a dead one', async () => {
  const script = `${BEAMD}; while read -r line; do beamd token; echo "$BEAMD_TOKEN"; done`;
  const [file, ...args] = commandOf('beamd');
  const build: ChildProcess = spawn(file, [...args, 'exec', '--scope', 'acme', '--', 'sh', '-c', script], {
    cwd: user.work,
    env: { ...user.env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  keep({ close: () => build.kill('SIGKILL') });
  if (build.stdin === null || build.stdout === null) throw new Error('it has no streams');
  const lines = createInterface(build.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const seen: { readonly fresh: boolean; readonly first: boolean }[] = [];
  for (let life = 0; life < 10; life += 1) {
    build.stdin.write('next step\n');
    const [fresh, first] = [await next(), await next()];
    seen.push({ fresh: await isAlive(fresh), first: await isAlive(first) });
    // A session is never refreshed twice within a second.
    const refreshed = Date.now();
    await until(() => Date.now() > refreshed + 1_100);
    await endTokens();
  }
  build.stdin.end();
  expect(seen).toEqual([{ fresh: true, first: true }, ...Array<unknown>(9).fill({ fresh: true, first: false })]);
  expect(edge.counters.refreshes).toBe(9);
});

test('every command acts for the login and the org that exec was given', async () => {
  const other = keep(await startBeamAuthEdge());
  await logIn(user, edge, '--account', 'work');
  await logIn(user, other);
  const script = 'beamd whoami --json; beamd orgs --json; beamd agent status --json; beamd token --json';
  const { stdout, stderr } = await inside(script, { args: ['--server', edge.origin, '--account', '-', '--scope', 'acme'] });
  expect(stderr).toBe('');
  const [who, orgs, agent, token] = stdout.split(/(?<=^\})\n/m).map((text) => JSON.parse(text || 'null') as unknown);
  const same = { server: edge.origin };
  expect([who, orgs, agent, token]).toMatchObject([
    { ...same, source: 'account', scope: 'acme' },
    { ...same, active: 'acme' },
    { ...same },
    { ...same, scope: 'acme' },
  ]);
  for (const one of [who, orgs, agent, token]) expect(one).not.toHaveProperty('account');
  const named = await inside('beamd token --json', { args: ['--server', edge.origin, '--account', 'work'] });
  expect(JSON.parse(named.stdout)).toMatchObject({ ...same, account: 'work' });
});

test('another server that is named inside gets its own account and its own org', async () => {
  const other = keep(await startBeamAuthEdge());
  await logIn(user, other);
  const { stdout } = await inside(`beamd token --json --server ${other.origin}; BEAMD_SERVER=${other.origin} beamd why`, {
    args: ['--server', edge.origin, '--scope', 'acme'],
  });
  const [token = '', why] = stdout.split(/(?<=^\})\n/m);
  expect(JSON.parse(token)).toMatchObject({ server: other.origin, scope: 'alice' });
  expect(why).toMatch(new RegExp(`^- BEAMD_SCOPE +acme +is for ${edge.origin.replace('http://', '')}$`, 'm'));
  expect(why).toContain('\n- BEAMD_TOKEN    is from the account, which gives a fresh one\n✓ the account\n');
});

test('a token that is set inside is used as it is', async () => {
  const { stdout } = await inside('BEAMD_TOKEN=mine beamd token; BEAMD_TOKEN=mine beamd why token');
  expect(stdout).toBe('mine\nToken\n✓ BEAMD_TOKEN\n- the account    BEAMD_TOKEN comes first\n');
});

test('why and status say where the token is from', async () => {
  const { stdout } = await inside('beamd why token; beamd status; beamd status --json');
  expect(stdout).toContain(
    `Token  of ${edge.origin}\n- BEAMD_TOKEN    is from the account, which gives a fresh one\n✓ the account\n`,
  );
  expect(stdout).toMatch(/^Token +a fresh one, in the place of BEAMD_TOKEN$/m);
  expect(stdout).toContain('"token": "account",\n');
  expect(stdout).toContain('"handed_on": true,\n');
  expect((await user.beamd('status')).stdout).not.toContain('BEAMD_TOKEN');
});

test('exec inside exec, a command without an agent, and a shell that was given the variables: fresh tokens all', async () => {
  const { stdout: shown } = await user.beamd('token', '--export');
  await endTokens();
  const first = (await user.beamd('token')).stdout;
  const { stdout } = await inside(
    `beamd exec -- sh -c 'echo "$BEAMD_TOKEN"; "$0" "$@" token' ${quoted(commandOf('beamd'))}; BEAMD_NO_AGENT=1 beamd token`,
  );
  expect(stdout).toBe(first.repeat(3));
  const shell = await user.run('beamd', ['exec', '--', 'sh', '-c', `${BEAMD}; ${shown}beamd token`]);
  expect(shell).toEqual({ code: 0, stdout: first, stderr: '' });
});

test('where the login is not, the token itself is used until it ends', async () => {
  const token = (await user.beamd('token')).stdout;
  const stranger = keep(createCliUser());
  const elsewhere = `BEAMD_HOME=${stranger.homes.beamd}; export BEAMD_HOME`;
  expect(await inside(`${elsewhere}; beamd token`)).toEqual({ code: 0, stdout: token, stderr: '' });
  expect(await inside(`${elsewhere}; BEAMD_TOKEN_EXPIRES_AT=2026-01-01T00:00:00Z beamd token`)).toEqual({
    code: 4,
    stdout: '',
    stderr: expect.stringMatching(
      `^Error: ${ENDED}, and its login is not here\n` + `Run: beamd login --server ${edge.origin}\n$`,
    ) as string,
  });
});

test('inside exec --config, the agent of the file gives fresh ones, also where the login is not', async () => {
  const { socket } = JSON.parse((await user.beamd('agent', 'start', '--json')).stdout) as { readonly socket: string };
  writeConfig(user, 'app.yaml', { server: edge.origin, agent_socket: socket });
  const { stdout: token } = await user.beamd('token');
  const args = ['--config', 'app.yaml'];
  const stranger = keep(createCliUser());
  const elsewhere = `BEAMD_HOME='${stranger.homes.beamd}'; export BEAMD_HOME`;
  // Ends the token that stands in the variable, and no other.
  const ended = 'BEAMD_TOKEN_EXPIRES_AT=2026-01-01T00:00:00Z; export BEAMD_TOKEN_EXPIRES_AT';
  const asks = `${elsewhere}; ${ended}; beamd token; beamd exec -- sh -c '"$0" "$@" token' ${quoted(commandOf('beamd'))}`;
  expect(await inside(asks, { args })).toEqual({ code: 0, stdout: token.repeat(2), stderr: '' });
  await endTokens();
  const { stdout: why } = await inside('beamd why token; BEAMD_TOKEN=mine beamd token', { args });
  expect(why).toMatch(/^- BEAMD_TOKEN +is from BEAMD_AGENT_SOCK, whose agent gives a fresh one\n✓ BEAMD_AGENT_SOCK/m);
  expect(why.split('\n').at(-2)).toBe('mine');
  expect((await inside('beamd status', { args })).stdout).toMatch(/^Token +a fresh one, in the place of BEAMD_TOKEN$/m);
  // Where the agent is gone, what was handed on is used until it ends.
  const { stdout: fresh } = await user.beamd('token');
  const gone = `BEAMD_AGENT_SOCK='${socket}.gone'`;
  const left = await inside(`${elsewhere}; ${gone} beamd token; ${ended}; ${gone} beamd token`, { args });
  expect(left.stdout).toBe(fresh);
  expect(left.stderr).toMatch(new RegExp(`^Error: ${ENDED}, and its login is not here\n`, 'm'));
});

test('a token that ends sooner than asked for is said before the command is run', async () => {
  const { code, stdout, stderr } = await inside('echo "$BEAMD_TOKEN_EXPIRES_AT"', { args: ['--min-ttl', '2h'] });
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringMatching(
      /^! The token ends in (?:1 h|\d+ min), sooner than asked for: the server gives none that lasts so long\n$/,
    ) as string,
  });
  expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
});
