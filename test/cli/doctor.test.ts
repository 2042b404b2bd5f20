/** `beamd doctor` and `runbeam doctor`, whole: what they see of agents, what they leave alone, and what a report gives away. */
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/testing.ts';
import { randomToken } from '../../src/auth/auth.testing.ts';
import { isRoot } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { fill, free, mountDisk } from '../support/disk.ts';
import { expectCli, fitting } from '../support/expect-cli.ts';
import { findInText } from '../support/find-secrets.ts';
import { writeConfig, writeText } from '../support/files.ts';
import { logIn, logInToCloud, logInWithToken, succeeded } from '../support/login.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = keepForAll(await startSandbox());
});

interface Report {
  readonly findings: readonly { check: string; level: string; message: string; hint?: string; fixed?: true }[];
  readonly bundle?: string;
}

async function examine(user: CliUser, bin: 'beamd' | 'runbeam', ...args: string[]): Promise<Report & { code: number | null }> {
  const { code, stdout, stderr } = await user.run(bin, ['doctor', ...args, '--json']);
  expect(stderr).toBe('');
  return { code, ...(fitting(`${bin}:doctor`, stdout) as Report) };
}

const at = (report: Report, check: string): unknown[] =>
  report.findings.filter((one) => one.check === check).map(({ level, message }) => [level, message]);

test('an agent that runs is told of, by its surroundings too, and none is started', async () => {
  const user = keep(createCliUser());
  await logIn(user, sandbox.beamAuth);
  succeeded(await user.beamd('agent', 'stop'));
  expect(at(await examine(user, 'beamd', '--offline'), 'agents')).toEqual([
    ['ok', 'No agent is running; one starts when it is needed'],
  ]);
  expect(user.agents()).toEqual([]);
  succeeded(await user.beamd('agent', 'start'));
  expect(at(await examine(user, 'beamd', '--offline'), 'agents')).toEqual([['ok', 'The agent that runs is of this version']]);
  const { stdout } = await user.run('beamd', ['doctor', '--offline', '--json'], { env: { HTTPS_PROXY: 'http://127.0.0.1:9' } });
  const { findings } = fitting('beamd:doctor', stdout) as Report;
  const { origin } = sandbox.beamAuth;
  expect(findings.filter(({ check }) => check === 'agents')).toEqual([
    {
      check: 'agents',
      level: 'warning',
      message: `The agent of ${origin} was started with another proxy, CA or network than this shell has`,
      hint: `beamd agent stop --server ${origin}`,
    },
  ]);
  const [agent] = user.agents();
  process.kill(agent?.pid ?? 0, 'SIGSTOP');
  expect(at(await examine(user, 'beamd', '--offline'), 'agents')).toEqual([['error', `The agent of ${origin} does not answer`]]);
});

test('after all that leaves files there is none that nobody knows, and nothing was renewed', async () => {
  const { beamAuth, oauth, selfHosted, cloud, harmony } = sandbox;
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await logIn(user, beamAuth);
  await logIn(user, oauth);
  await logInWithToken(user, selfHosted.origin, selfHosted.token);
  await logInToCloud(user, cloud);
  for (const server of [beamAuth, oauth]) succeeded(await user.beamd('token', '--server', server.origin));
  succeeded(await user.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'gw'));
  succeeded(await user.runbeam('harmony:authorize', '-l', 'gw', '-y'));
  for (const bin of ['beamd', 'runbeam'] as const) {
    const report = await examine(user, bin);
    expect({
      bin,
      code: report.code,
      strangers: at(report, 'strangers'),
      homes: at(report, 'homes').map((one) => (one as string[])[0]),
    }).toEqual({
      ...{ bin, code: 0, strangers: [] },
      homes: bin === 'beamd' ? ['ok'] : ['ok', 'ok'],
    });
    const servers = at(report, 'servers').map((one) => (one as string[])[1]);
    const asked =
      bin === 'beamd'
        ? [beamAuth, selfHosted, oauth].map(({ origin }) => `${origin} answers`)
        : [`${cloud.origin} answers`, `Gateway gw (${harmony.origin}) answers`];
    expect(servers).toEqual(expect.arrayContaining([...asked, "This machine's clock agrees with theirs"]));
  }
});

test('lines on a pipe, each with what to type; exit code 1 for what is wrong, and --fix', async () => {
  const user = keep(createCliUser());
  const bin = join(user.home, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'beamd'), '', { mode: 0o755 });
  mkdirSync(user.homes.beamd, { mode: 0o755 });
  chmodSync(user.homes.beamd, 0o755);
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, SHELL: '' };
  const ran = await user.run('beamd', ['doctor', '--offline'], { env });
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 1, stderr: '' });
  expect(ran.stdout).toContain(`✗ ${user.homes.beamd} is open to other users (mode 755)\n  Run: chmod 700 ${user.homes.beamd}\n`);
  expect(ran.stdout).toMatch(/\n\n1 problem, 1 warning\. Servers were not asked\.\n$/);
  expect(statSync(user.homes.beamd).mode & 0o777).toBe(0o755);
  const fixed = await user.run('beamd', ['doctor', '--offline', '--fix'], { env });
  expect(fixed.code).toBe(0);
  expect(fixed.stdout).toContain(`✓ Fixed: ${user.homes.beamd} was open to other users (mode 755); it is 700 now\n`);
  expect(statSync(user.homes.beamd).mode & 0o777).toBe(0o700);
});

test('a report is private, overwrites nothing, and gives away no name, host, path or secret', async () => {
  const { beamAuth, cloud, harmony } = sandbox;
  const token = randomToken();
  const user = keep(
    createCliUser({
      env: {
        RUNBEAM_API_URL: cloud.origin,
        BEAMD_TOKEN: token,
        HTTPS_PROXY: `http://canary-user:${token}@canary-proxy.example:1`,
      },
    }),
  );
  await logIn(user, beamAuth, '--account', 'canary-account');
  await logInToCloud(user, cloud);
  succeeded(await user.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'canary-gateway'));
  const names = ['canary-file', 'canary-folder'];
  for (const [home, name] of [
    [user.homes.beamd, 'canary-file.txt'],
    [user.homes.runbeam, 'canary-folder'],
  ] as const) {
    writeFileSync(join(home, name), token);
  }
  writeFileSync(
    join(user.homes.beamd, 'accounts', 'canary-broken.example.yaml'),
    `server: canary-broken.example\ntoken: [${token}\n`,
    { mode: 0o600 },
  );
  writeText(user, '.beamd', 'server: canary-edge.example.com\nscope: canary-org\ncanary_key: 1\n');
  const config = writeConfig(user, 'app.yaml', { server: beamAuth.origin, token });
  const secrets = [
    token,
    ...names,
    ...['canary', 'alice', 'acme', 'widgets'],
    ...[user.home, new URL(beamAuth.origin).host, new URL(cloud.origin).host, `:${harmony.port}`],
    // A short one stands in any text.
    ...[hostname(), userInfo().username].filter((name) => name.length > 5),
    readFileSync(join(user.homes.beamd, 'encryption.key'), 'utf8').split('\n')[1] ?? '',
  ];
  for (const [bin, extra] of [
    ['beamd', ['--config', config]],
    ['runbeam', []],
  ] as const) {
    const file = join(user.work, `${bin}.txt`);
    const report = await examine(user, bin, '--bundle', file, ...extra);
    expect(report.bundle).toBe(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect({ bin, found: secrets.filter((secret) => findInText('', text, [secret]).length > 0), text }).toEqual({
      bin,
      found: [],
      text,
    });
    expect(text).toContain('BEAMD_TOKEN');
    expect(text.split('\n').filter((line) => line.startsWith('error') || line.startsWith('warning')).length).toBe(
      report.findings.filter(({ level }) => level !== 'ok').length,
    );
    const again = { code: 2, stderr: `Error: ${file} is there already\nHint: Give another name\n` };
    await expectCli(user, `${bin} doctor --offline --bundle ${bin}.txt`, again);
    // Before anything is looked at.
    const nowhere = `Error: There is no folder ${join(user.work, 'no')} to write into\nRun: mkdir -p ${join(user.work, 'no')}\n`;
    await expectCli(user, `${bin} doctor --offline --bundle no/x`, { code: 1, stderr: nowhere });
    const open = join(user.work, `${bin}-hosts.txt`);
    await examine(user, bin, '--offline', '--bundle', open, '--with-hosts', ...extra);
    expect(findInText('', readFileSync(open, 'utf8'), [token, 'alice', user.home])).toEqual([]);
  }
  expect(existsSync(join(user.work, 'beamd-hosts.txt'))).toBe(true);
});

test('the first line comes before a server that never answers', async () => {
  const user = keep(createCliUser());
  await logIn(user, sandbox.beamAuth);
  sandbox.beamAuth.faults.next('GET /', { hang: true });
  const running = user.start('beamd', ['doctor']);
  await running.waitFor(/ is yours alone\n/);
  running.kill('SIGINT');
  expect(await running.done).toMatchObject({ code: 130, stderr: 'Interrupted: nothing was changed\n' });
  sandbox.beamAuth.faults.clear();
});

describe.runIf(isRoot)('a full disk', () => {
  test.each([
    ['beamd', 'no login can be kept or renewed there'],
    ['runbeam', 'no gateway and no machine token can be kept there'],
  ] as const)('is said of the home of %s, with what is lost there', async (name, lost) => {
    const user = keep(createCliUser());
    const folder = user.homes[name];
    keep(mountDisk(folder, 256));
    fill(folder);
    const { findings } = await examine(user, 'runbeam', '--offline');
    const full = { check: 'homes', level: 'error', message: `The disk of ${folder} is full: ${lost}`, hint: `df -h ${folder}` };
    expect(findings.filter(({ check, level }) => check === 'homes' && level === 'error')).toEqual([full]);
    free(folder);
    writeFileSync(join(folder, 'config'), '', { mode: 0o600 });
    expect(at(await examine(user, 'runbeam', '--offline'), 'homes')).toContainEqual(['ok', `${folder} is yours alone`]);
  });
});
