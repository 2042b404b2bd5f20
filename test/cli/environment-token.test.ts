/** `BEAMD_SERVER` and `BEAMD_TOKEN` in the place of a login: every command that takes them, with everything that a token can be. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBeamAuthEdge, startSelfHostedEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { randomToken } from '../../src/auth/auth.testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { writeConfig, writeText } from '../support/files.ts';
import { logIn, succeeded } from '../support/login.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
/** A machine without a login. */
let ci: CliUser;
let session: string;
/** Of a server that was there. */
let gone: string;

beforeAll(async () => {
  edge = keep(await startBeamAuthEdge());
  ci = keep(createCliUser());
  const member = keep(createCliUser());
  await logIn(member, edge);
  session = succeeded(await member.beamd('token')).stdout.trim();
  const closed = await startSelfHostedEdge();
  gone = closed.origin;
  await closed.close();
});

const KINDS = {
  'an API key': () => ({ BEAMD_SERVER: edge.origin, BEAMD_TOKEN: edge.apiKey }),
  'the token of a session': () => ({ BEAMD_SERVER: edge.origin, BEAMD_TOKEN: session }),
  'a token that nobody knows': () => ({ BEAMD_SERVER: edge.origin, BEAMD_TOKEN: randomToken() }),
  'a server that does not answer': () => ({ BEAMD_SERVER: gone, BEAMD_TOKEN: session }),
};

type Kind = keyof typeof KINDS;

/** What is printed, with names for what differs from run to run. */
async function printed(line: string, kind: Kind): Promise<string> {
  const env = KINDS[kind]();
  const ran = await ci.run('beamd', line.split(' '), { env });
  const named = (text: string): string =>
    text
      .replaceAll(env.BEAMD_TOKEN, 'TOKEN')
      .replaceAll(env.BEAMD_SERVER, 'EDGE')
      .replaceAll(new URL(env.BEAMD_SERVER).host, 'EDGE');
  const { code, stdout, stderr }: Ran = { ...ran, stdout: named(ran.stdout), stderr: named(ran.stderr) };
  return `${String(code)}\n${stdout}${stderr}`;
}

const REJECTED =
  '4\nError: EDGE rejected the token of BEAMD_TOKEN\nHint: Set BEAMD_TOKEN to a valid token, or unset it to use your login\n';
const AWAY = '5\nError: Cannot reach EDGE: nothing listens there\nRun: beamd doctor\n';
const CHECKED = 'Server   EDGE  (BEAMD_SERVER)\nSession  token from BEAMD_TOKEN\nChecked  ';
const ORGS = '* alice    owner\n  acme     admin\n  widgets  member\n';

/** In the order of `KINDS`. A token that is only handed on is asked about by nobody. */
const TABLE: Readonly<Record<string, readonly string[]>> = {
  'whoami': [
    '0\nThe token of BEAMD_TOKEN on EDGE for acme\n',
    '0\nalice@example.com on EDGE for alice (owner)\n',
    REJECTED,
    AWAY,
  ],
  'orgs': ['0\n* acme\n', `0\n${ORGS}`, REJECTED, AWAY],
  'orgs --refresh': ['0\n* acme\n', `0\n${ORGS}`, REJECTED, AWAY],
  'status': Array<string>(4).fill('0\nServer   EDGE  (BEAMD_SERVER)\nSession  token from BEAMD_TOKEN\n'),
  'status --check': [
    `0\n${CHECKED}valid\n`,
    `0\n${CHECKED}valid\n`,
    `4\n${CHECKED}rejected: EDGE rejected the token of BEAMD_TOKEN\n`,
    `5\n${CHECKED}unverified: Cannot reach EDGE: nothing listens there\n`,
  ],
  'token': Array<string>(4).fill('0\nTOKEN\n'),
  'token --header': Array<string>(4).fill('0\nAuthorization: Bearer TOKEN\n'),
  'exec -- printenv BEAMD_SERVER BEAMD_TOKEN': Array<string>(4).fill('0\nEDGE\nTOKEN\n'),
  'why token': Array<string>(4).fill('0\nToken\n✓ BEAMD_TOKEN\n- the account    BEAMD_TOKEN comes first\n'),
};

describe.each(Object.entries(TABLE))('beamd %s', (line, wanted) => {
  test.each(Object.keys(KINDS) as Kind[])('%s', async (kind) => {
    expect(await printed(line, kind)).toBe(wanted[Object.keys(KINDS).indexOf(kind)]);
  });
});

test('as JSON, whose token it is and what is in the place of a list', async () => {
  const env = KINDS['an API key']();
  const run = async (...args: string[]): Promise<unknown> =>
    JSON.parse(succeeded(await ci.run('beamd', [...args, '--json'], { env })).stdout);
  expect(await run('whoami')).toEqual({ server: edge.origin, source: 'env_token', self_hosted: false, scope: 'acme' });
  expect(await run('orgs')).toEqual({
    server: edge.origin,
    self_hosted: false,
    orgs: [{ slug: 'acme' }],
    stale_default: false,
    active: 'acme',
  });
});

test('the token of a session acts for the org that is named, and for none that it does not have', async () => {
  const env = { ...KINDS['the token of a session'](), BEAMD_SCOPE: 'acme' };
  expect((await ci.run('beamd', ['whoami'], { env })).stdout).toBe(`alice@example.com on ${edge.origin} for acme (admin)\n`);
  expect((await ci.run('beamd', ['orgs'], { env })).stdout).toBe(
    ORGS.replace('* alice', '  alice').replace('  acme ', '* acme '),
  );
  expect(await ci.run('beamd', ['whoami', '--scope', 'nope'], { env })).toEqual({
    code: 6,
    stdout: '',
    stderr:
      `Error: ${edge.origin} has no org "nope" for you; its orgs: alice, acme, widgets\n` +
      `Run: beamd orgs --refresh --server ${edge.origin}\n`,
  });
});

test('a self-hosted edge cannot say what its token is', async () => {
  const own = keep(await startSelfHostedEdge());
  const env = { BEAMD_SERVER: own.origin, BEAMD_TOKEN: own.token };
  const ran = await Promise.all(['whoami', 'orgs', 'status --check'].map((line) => ci.run('beamd', line.split(' '), { env })));
  expect(ran.map(({ code, stdout }) => [code, stdout.split('\n').at(-2)])).toEqual([
    [0, `The token of BEAMD_TOKEN on ${own.origin} (self-hosted)`],
    [0, `${own.origin} is self-hosted and has no orgs`],
    [5, `Checked  unverified: ${own.origin} has no way to tell (404)`],
  ]);
});

describe('in a project that pins another org', () => {
  const own = { cwd: '', why: '' };
  const NOT_COUNTED = 'does not count: BEAMD_TOKEN is an API key, which is of one org';

  beforeAll(() => {
    writeText(ci, 'widgets/.beamd', `server: ${edge.origin}\nscope: widgets\n`);
    own.cwd = join(ci.work, 'widgets');
    own.why = `! The org widgets (in ${join(own.cwd, '.beamd')}) `;
  });

  const run = (line: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> =>
    ci.run('beamd', line.split(' '), { cwd: own.cwd, env: { ...KINDS['an API key'](), ...env } });

  test('a key is of its own org, and what is pinned does not count, which status says', async () => {
    expect(await run('token --json')).toEqual({
      code: 0,
      stdout: `${JSON.stringify({ access_token: edge.apiKey, server: edge.origin }, null, 2)}\n`,
      stderr: '',
    });
    expect(await run('exec -- printenv BEAMD_SERVER BEAMD_SCOPE')).toEqual({ code: 1, stdout: `${edge.origin}\n`, stderr: '' });
    expect(await run('status')).toEqual({
      code: 0,
      stdout: `Server   ${edge.origin}  (BEAMD_SERVER)\nSession  token from BEAMD_TOKEN\n`,
      stderr: `${own.why}${NOT_COUNTED}\nRun: beamd whoami\n`,
    });
    const ask = `const { BEAMD_TOKEN_URL, BEAMD_TOKEN_AUTH } = process.env;
      const headers = { authorization: 'Bearer ' + BEAMD_TOKEN_AUTH };
      require('node:http').get(BEAMD_TOKEN_URL, { headers }, (answer) => answer.pipe(process.stdout));`;
    const served = await ci.run('beamd', ['exec', '--serve', '--', process.execPath, '-e', ask], {
      cwd: own.cwd,
      env: KINDS['an API key'](),
    });
    expect({ ...served, stdout: JSON.parse(served.stdout) as unknown }).toEqual({
      code: 0,
      stdout: { access_token: edge.apiKey, server: edge.origin },
      stderr: '',
    });
  });

  test('who asks the server is told of which org the key is; of the same one nothing is said', async () => {
    const stderr = `${own.why}does not count: BEAMD_TOKEN is an API key of acme\nRun: beamd pin check\n`;
    const stdout = `The token of BEAMD_TOKEN on ${edge.origin} for acme\n`;
    expect(await run('whoami')).toEqual({ code: 0, stdout, stderr });
    expect(await run('orgs')).toEqual({ code: 0, stdout: '* acme\n', stderr });
    expect(await run('whoami', { BEAMD_SCOPE: 'acme' })).toEqual({ code: 0, stdout, stderr: '' });
    expect((await run('pin check')).code).toBe(2);
  });

  test('a flag and a variable count as little, and why says so of each', async () => {
    expect((await run('token --scope acme')).stderr).toBe(`! The org acme ${NOT_COUNTED}\nRun: beamd whoami\n`);
    expect((await run('token', { BEAMD_SCOPE: 'acme' })).stderr).toBe(
      `! The org acme (from BEAMD_SCOPE) ${NOT_COUNTED}\nRun: beamd whoami\n`,
    );
    expect((await run('why scope --scope acme', { BEAMD_SCOPE: 'beta' })).stdout).toBe(
      [
        'Org',
        `- --scope                  acme     ${NOT_COUNTED}`,
        `- BEAMD_SCOPE              beta     ${NOT_COUNTED}`,
        `- ~/work/widgets/.beamd:2  widgets  ${NOT_COUNTED}`,
        '',
      ].join('\n'),
    );
  });

  test('the token of a session acts for it', async () => {
    const env = KINDS['the token of a session']();
    expect(await run('exec -- printenv BEAMD_SCOPE', env)).toEqual({ code: 0, stdout: 'widgets\n', stderr: '' });
    expect((await run('whoami', env)).stdout).toBe(`alice@example.com on ${edge.origin} for widgets (member)\n`);
  });

  test('a key of --config is of no org that is named, also for what is run with it', async () => {
    const app = await startSelfHostedEdge();
    keep(app);
    // Nothing tells it from the token of a session.
    const path = writeConfig(ci, 'app.yaml', { server: app.origin, token: app.token });
    writeText(ci, 'own/.beamd', `server: ${app.origin}\nscope: widgets\n`);
    const inner = [...commandOf('beamd'), 'token', '--json'];
    const ran = await ci.run('beamd', ['exec', '--config', path, '--', ...inner], { cwd: join(ci.work, 'own') });
    expect(JSON.parse(ran.stdout)).toEqual({ access_token: app.token, server: app.origin });
  });
});

describe.each([
  ['that is empty', ''],
  ['that cannot be made', '/proc/nowhere'],
])('with a HOME %s', (_, HOME) => {
  const env = { HOME, CI: 'true', USERPROFILE: undefined };

  test('what needs no file of a home works: with BEAMD_TOKEN and with --config', async () => {
    const path = writeConfig(ci, 'ci.yaml', { server: edge.origin, token: edge.apiKey });
    const ends = async (lines: readonly string[], more: Readonly<Record<string, string>>): Promise<unknown[]> => {
      const ran = await Promise.all(lines.map((line) => ci.run('beamd', line.split(' '), { env: { ...env, ...more } })));
      return ran.map(({ code, stderr }) => [code, stderr]);
    };
    const lines = ['whoami', 'orgs', 'status --check', 'token', 'exec -- true', 'why token'];
    expect(await ends(lines, KINDS['an API key']())).toEqual(lines.map(() => [0, '']));
    const withConfig = ['', ' whoami', ' orgs', ' status --check', ' token', ' exec -- true'];
    expect(
      await ends(
        withConfig.map((line) => `--config ${path}${line}`),
        {},
      ),
    ).toEqual(withConfig.map(() => [0, '']));
    const { stdout } = await ci.run('beamd', ['--config', path, 'status'], { env });
    expect(stdout.split('\n')[0]).toBe(`Server   ${edge.origin}  (--config ${path})`);
  });

  test('runbeam ends as it would elsewhere, with RUNBEAM_TOKEN', async () => {
    const more = { RUNBEAM_API_URL: gone, RUNBEAM_TOKEN: randomToken() };
    const { code, stderr } = await ci.run('runbeam', ['verify'], { env: { ...env, ...more } });
    expect([code, stderr]).toEqual([4, '']);
  });
});

test('no command leaves an agent or a file', () => {
  expect(ci.agents()).toEqual([]);
  expect(existsSync(ci.homes.beamd)).toBe(false);
});
