/** Beside the Go `beamd` and the Rust `runbeam`: their files are read, and what their users type works. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRunbeamCloud, type RunbeamCloud } from '../../sandbox/testing.ts';
import { accountsFolder } from '../../src/store/paths.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { expectCli, json } from '../support/expect-cli.ts';
import { writeText } from '../support/files.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
const secret = (): string => randomBytes(32).toString('hex');

function plant(user: CliUser, name: string, text: string): string {
  mkdirSync(accountsFolder(user.homes), { recursive: true, mode: 0o700 });
  const path = join(accountsFolder(user.homes), `${name}.yaml`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

describe('files of the Go beamd', () => {
  test('give a token, and stay as they are', async () => {
    const user = keep(createCliUser());
    const token = secret();
    const text = `server: edge.example.com:443\ntoken: ${token}\nscopes:\n  - slug: alice\n  - slug: acme\n`;
    const path = plant(user, 'edge.example.com_443', text);
    await expectCli(user, 'beamd token', { stdout: `${token}\n` });
    await expectCli(user, 'beamd token --server edge.example.com:443 --scope acme', { stdout: `${token}\n` });
    // Time enough for an agent that takes the account for gone to end.
    expect(await json(user, 'beamd:agent:status', 'beamd agent status')).toMatchObject({ state: 'running' });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('that are emptied or broken are logged out of, and in the way of no other account', async () => {
    const user = keep(createCliUser());
    const token = secret();
    plant(user, 'good.example.com', `server: good.example.com\nsession_token: ${token}\nscopes:\n  - slug: alice\n`);
    const emptied = plant(user, 'edge.example.com_443', 'server: edge.example.com:443\ntoken: ""\n');
    const broken = plant(user, 'other.example.com_443', 'server: [\n');
    await expectCli(user, 'beamd token --server good.example.com', { stdout: `${token}\n` });
    const { code } = await user.beamd('token', '--server', 'edge.example.com');
    expect(code).toBe(4);
    for (const server of ['edge.example.com', 'other.example.com']) {
      expect((await user.beamd('logout', '--server', server)).code).toBe(0);
    }
    expect([existsSync(emptied), existsSync(broken)]).toEqual([false, false]);
    await expectCli(user, 'beamd token', { stdout: `${token}\n` });
  });

  test('of a project select as .beamd does, which wins, and two servers are a warning', async () => {
    const user = keep(createCliUser());
    const [one, two] = [secret(), secret()];
    plant(user, 'one.example.com', `server: one.example.com\ntoken: ${one}\n`);
    plant(user, 'two.example.com', `server: two.example.com\ntoken: ${two}\n`);
    const go = writeText(user, 'repo/beamd.yaml', 'server: one.example.com\nservices:\n  web:\n    port: 3000\n');
    const cwd = join(user.work, 'repo');
    await expectCli(user, 'beamd token', { stdout: `${one}\n` }, { cwd });
    const own = writeText(user, 'repo/.beamd', 'server: two.example.com\n');
    await expectCli(
      user,
      'beamd token',
      {
        stdout: `${two}\n`,
        stderr: `! ${own} names the server two.example.com and ${go} names one.example.com: ` + 'two.example.com is used here\n',
      },
      { cwd },
    );
  });
});

describe('what users of the Rust runbeam type', () => {
  let cloud: RunbeamCloud;
  let user: CliUser;

  beforeAll(async () => {
    cloud = keepForAll(await startRunbeamCloud());
    user = keepForAll(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  });

  test('-V, -v and -q', async () => {
    const version = (await user.runbeam('--version')).stdout;
    expect(version).toMatch(/^runbeam\//);
    await expectCli(user, 'runbeam -V', { stdout: version });
    await expectCli(user, 'runbeam -v', { stdout: version });
    const { stdout } = await user.runbeam('harmony:list');
    for (const line of [
      '-v harmony:list',
      'harmony:list -vv',
      '--quiet harmony:list',
      'harmony:list -q',
      '--verbose harmony:list',
    ]) {
      const ran = await user.runbeam(...line.split(' '));
      // What is said of files goes to stderr.
      const others = ran.stderr.split('\n').filter((said) => said !== '' && !said.startsWith('read '));
      expect({ ...ran, stderr: others }).toEqual({ code: 0, stdout, stderr: [] });
    }
    await user.runbeam('harmony:add', '-l', 'gate', '-p', '1');
    expect((await user.runbeam('harmony:add', '-l', 'gate', '-p', '1')).stderr).not.toBe('');
    expect((await user.runbeam('-q', 'harmony:add', '-l', 'gate', '-p', '1')).stderr).toBe('');
    const failed = await user.runbeam('-v', 'harmony:info', '-l', 'gate');
    expect(failed.stderr).toMatch(/^GET http:\/\/127\.0\.0\.1:1\/admin\/info: no answer/m);
  });

  test('--gateway-code is -g', async () => {
    await user.runbeam('harmony:add', '-l', 'my-gateway', '-p', '9091');
    const long = await user.runbeam('token:get', '--gateway-code', 'my-gateway');
    expect(long).toEqual(await user.runbeam('token:get', '-g', 'my-gateway'));
    // Understood, and only the login is missing.
    expect(long.code).toBe(4);
  });

  test('a plain-http api_url is shown, with the reason why it is refused', async () => {
    const other = keep(createCliUser());
    mkdirSync(other.homes.runbeam, { mode: 0o700 });
    writeFileSync(join(other.homes.runbeam, 'config.json'), '{"api_url":"http://app.runbeam.io/api"}', { mode: 0o600 });
    await expectCli(other, 'runbeam config:get', {
      stdout:
        'api_url = http://app.runbeam.io/api (config.json)\n' +
        '! The API URL for app.runbeam.io is plain http, which is for this machine only\n' +
        'Run: runbeam config:set api-url https://app.runbeam.io\n',
    });
    expect(await json(other, 'runbeam:config:get', 'runbeam config:get')).toMatchObject({
      refused: { code: 'insecure_transport' },
    });
    expect((await other.runbeam('login')).code).toBe(6);
  });

  test('its login is sent to nobody but the cloud that issued it', async () => {
    const issuing = keep(await startRunbeamCloud());
    const token = await issuing.issueUserToken();
    const other = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    mkdirSync(other.homes.runbeam, { mode: 0o700 });
    const login = { token, expires_at: Math.floor(Date.now() / 1000) + 3600, user: null };
    writeFileSync(join(other.homes.runbeam, 'auth.json'), JSON.stringify(login), { mode: 0o600 });
    const asked = cloud.log.length;
    const refused = await other.runbeam('verify');
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining(`your login is for ${issuing.origin}\n`)]);
    expect(cloud.log.length).toBe(asked);
    await expectCli(other, 'runbeam config:set api-url ' + issuing.origin, {
      stdout: `✓ api_url = ${issuing.origin} (config.json)\n`,
      stderr: `! RUNBEAM_API_URL is set to ${cloud.origin} and wins over it\nRun: unset RUNBEAM_API_URL\n`,
    });
    expect((await other.run('runbeam', ['verify'], { env: { RUNBEAM_API_URL: '' } })).code).toBe(0);
  });
});
