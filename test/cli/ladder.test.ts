/** The ladder end to end: which server and which org the built program acts for. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { writeText } from '../support/files.ts';
import { logIn } from '../support/login.ts';
import { json, expectCli } from '../support/expect-cli.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type RunOptions, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let user: CliUser;
let one: BeamAuthEdge;
let two: BeamAuthEdge;

beforeAll(async () => {
  one = keepForAll(await startBeamAuthEdge());
  two = keepForAll(await startBeamAuthEdge());
  user = keepForAll(createCliUser());
  await logIn(user, one);
  await logIn(user, two);
});

async function acts(line: string, on: BeamAuthEdge, scope: string, options?: RunOptions): Promise<void> {
  const role = { alice: 'owner', acme: 'admin', widgets: 'member' }[scope] ?? '';
  await expectCli(user, line, { stdout: `alice@example.com on ${on.origin} for ${scope} (${role})\n` }, options);
}

describe('each rung gives way to the one above', () => {
  test('the current server and its default org', async () => {
    await acts('beamd whoami', one, 'alice');
  });

  test('.beamd, from a folder below, with .beamd.local over it', async () => {
    writeText(user, 'below/.beamd', `server: ${two.origin}\nscope: acme\n`);
    writeText(user, 'below/src/deep/file', '');
    const cwd = `${user.work}/below/src/deep`;
    await acts('beamd whoami', two, 'acme', { cwd });
    writeText(user, 'below/src/.beamd.local', 'scope: widgets\n');
    await acts('beamd whoami', two, 'widgets', { cwd });
    const { stdout } = await user.run('beamd', ['status'], { cwd });
    const below = `~${user.work.slice(user.home.length)}/below`;
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      `Server   ${two.origin}  (${below}/.beamd)`,
      `Org      widgets  (${below}/src/.beamd.local)`,
    ]);
  });

  test('the environment over .beamd, a flag over the environment', async () => {
    writeText(user, 'repo/.beamd', `server: ${two.origin}\nscope: acme\n`);
    const cwd = `${user.work}/repo`;
    await acts('beamd whoami', one, 'widgets', { cwd, env: { BEAMD_SERVER: one.origin, BEAMD_SCOPE: 'widgets' } });
    await acts(`beamd whoami --server ${two.origin}`, two, 'widgets', {
      cwd,
      env: { BEAMD_SERVER: one.origin, BEAMD_SCOPE: 'widgets' },
    });
    await acts('beamd whoami --scope alice', two, 'alice', { cwd, env: { BEAMD_SCOPE: 'widgets' } });
    await acts(`beamd --server ${one.origin} --scope acme whoami`, one, 'acme', { cwd });
  });

  test('status names what won', async () => {
    const path = writeText(user, 'named/.beamd', `server: ${two.origin}\n`);
    const ran = await user.run('beamd', ['status', '--json'], { cwd: `${user.work}/named`, env: { BEAMD_SCOPE: 'acme' } });
    expect(JSON.parse(ran.stdout)).toMatchObject({
      server: two.origin,
      server_source: { kind: 'project', path },
      scope: 'acme',
      scope_source: { kind: 'env' },
    });
  });

  test('BEAMD_TOKEN with BEAMD_SERVER needs no account', async () => {
    const fresh = keep(
      createCliUser({ env: { BEAMD_SERVER: one.origin, BEAMD_TOKEN: 'from-the-environment', BEAMD_SCOPE: 'acme' } }),
    );
    expect(await json(fresh, 'beamd:token', 'beamd token')).toEqual({
      access_token: 'from-the-environment',
      server: one.origin,
      scope: 'acme',
    });
    await expectCli(fresh, 'beamd token', { stdout: 'from-the-environment\n' });
    expect(fresh.agents()).toEqual([]);
  });
});

describe('a .beamd can only select an account', () => {
  test('an unknown server is not contacted; the message says what to run', async () => {
    const stranger = keep(await startBeamAuthEdge());
    const path = writeText(user, 'cloned/.beamd', `server: ${stranger.origin}\nscope: acme\n`);
    const cwd = `${user.work}/cloned`;
    const wanted = {
      code: 4,
      stderr:
        `Error: This project uses ${stranger.origin} (${path}), and you are not logged in to ${stranger.origin}\n` +
        `Run: beamd login --server ${stranger.origin}\n`,
    };
    for (const command of [
      'whoami',
      'token',
      'orgs --refresh',
      'status --check',
      'exec -- true',
      'agent start',
      'link',
      'default x',
    ]) {
      await expectCli(user, `beamd ${command}`, wanted, { cwd });
    }
    await expectCli(user, 'beamd token', wanted, { cwd, env: { BEAMD_TOKEN: 'mine' } });
    expect(stranger.log).toEqual([]);
  });

  test('an org that the account does not have is exit 6', async () => {
    writeText(user, 'wrong-org/.beamd', `server: ${one.origin}\nscope: nope\n`);
    const { code, stdout, stderr } = await user.run('beamd', ['token'], { cwd: `${user.work}/wrong-org` });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr).toContain('has no org "nope" for you; its orgs: alice, acme, widgets\n');
  });

  test('one that holds a secret is refused with file and line, and the secret is not shown', async () => {
    const path = writeText(user, 'leaky/.beamd', `server: ${one.origin}\n# mine\napi_key: a-secret-value\n`);
    const { code, stdout, stderr } = await user.run('beamd', ['whoami'], { cwd: `${user.work}/leaky` });
    expect({ code, stdout }).toEqual({ code: 6, stdout: '' });
    expect(stderr.split('\n')[0]).toBe(`Error: ${path}:3 holds a secret (\`api_key\`)`);
    expect(stderr).not.toContain('a-secret-value');
  });
});

test('the name that was typed at a login works afterwards, wherever a server is named', async () => {
  const edge = keep(await startBeamAuthEdge());
  const me = keep(createCliUser());
  const typed = edge.controlPlane;
  await logIn(me, { ...edge, origin: typed });
  const who = { stdout: `alice@example.com on ${edge.origin} for alice (owner)\n` };
  await expectCli(me, `beamd whoami --server ${typed}`, who);
  await expectCli(me, 'beamd whoami', who, { env: { BEAMD_SERVER: typed } });
  writeText(me, 'pinned/.beamd', `server: ${typed}\nscope: acme\n`);
  await expectCli(
    me,
    'beamd whoami',
    { stdout: `alice@example.com on ${edge.origin} for acme (admin)\n` },
    { cwd: `${me.work}/pinned` },
  );
  for (const line of [`switch ${typed}`, `status --server ${typed}`, `token --server ${typed}`, `logout --server ${typed}`]) {
    expect((await me.beamd(...line.split(' '))).code, line).toBe(0);
  }
});
