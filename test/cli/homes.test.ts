/** Homes, hosts and accounts of every kind: all just work. */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manyOrgs, startBeamAuthEdge, startHarmony } from '../../sandbox/testing.ts';
import { ledgerFile } from '../../src/store/paths.ts';
import { writeText } from '../support/files.ts';
import { logIn, succeeded } from '../support/login.ts';
import { agentState } from '../support/agent.ts';
import { expectCli } from '../support/expect-cli.ts';
import { openShell } from '../support/shell.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type Ran } from '../support/cli-user.ts';
import { startAuthorized } from '../support/cloud.ts';

const keep = cleanup();

describe('homes', () => {
  test.each([
    ['spaces and letters of other languages', 'Jürgen Müller/Ünïcödé 日本語 home'],
    ['quotes and dollars', `it's "$HOME" & more`],
    ['a path too long for a socket', `${'long-'.repeat(12)}/${'home-'.repeat(12)}`],
  ])('%s', async (_name, homeName) => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser({ homeName }));
    await logIn(user, edge);
    const [first, second] = [await user.beamd('token'), await user.beamd('token')];
    expect(first).toEqual({ code: 0, stdout: expect.stringMatching(/^bat_\S+\n$/), stderr: '' });
    expect(second).toEqual(first);
    expect(user.agents()).toHaveLength(1);
    await expectCli(user, 'beamd agent stop', { stdout: `✓ The agent of ${edge.origin} was stopped\n` });
  });

  test('two accounts of a home with a long path have two agents', async () => {
    const edges = [keep(await startBeamAuthEdge()), keep(await startBeamAuthEdge())];
    const user = keep(createCliUser({ homeName: 'h'.repeat(120) }));
    const tokens: string[] = [];
    for (const edge of edges) {
      await logIn(user, edge);
      tokens.push(succeeded(await user.beamd('token', '--server', edge.origin)).stdout);
    }
    expect(new Set(tokens).size).toBe(2);
    expect(user.agents()).toHaveLength(2);
  });

  test('BEAMD_HOME moves the folder; a relative one is refused', async () => {
    const user = keep(createCliUser());
    const elsewhere = join(user.work, 'else where');
    await expectCli(
      user,
      'beamd accounts',
      { stdout: 'You are not logged in anywhere\nRun: beamd login\n' },
      { env: { BEAMD_HOME: elsewhere } },
    );
    expect(existsSync(join(user.home, '.beamd'))).toBe(false);
    const { code, stderr } = await user.run('beamd', ['accounts'], { env: { BEAMD_HOME: 'relative' } });
    expect(code).toBe(2);
    expect(stderr).toContain('BEAMD_HOME');
  });

  test('machine tokens are kept in the RUNBEAM_HOME of the command, whichever one the agent was started with', async () => {
    const { cloud, user } = await startAuthorized(keep, 'first');
    expect(user.agents()).toHaveLength(1);
    const ledger = readFileSync(ledgerFile(user.homes), 'utf8');
    const gateway = keep(await startHarmony({ version: '0.12' }));
    const runbeam = join(user.root, 'other');
    const inOther = (...args: string[]): Promise<Ran> => user.run('runbeam', args, { env: { RUNBEAM_HOME: runbeam } });
    succeeded(await inOther('harmony:add', `127.0.0.1:${gateway.port}`, '-l', 'second'));
    succeeded(await inOther('harmony:authorize', 'second', '-y'));
    expect(succeeded(await inOther('harmony:tokens')).stdout).toContain('second');
    const { machine_token: got } = JSON.parse(succeeded(await inOther('token:get', '-g', 'second', '--raw')).stdout) as {
      readonly machine_token: string;
    };
    succeeded(await inOther('token:get', '-g', 'another', '--new', '--raw'));
    expect([
      cloud
        .issued()
        .map(({ machineToken }) => machineToken)
        .indexOf(got),
      cloud.issued().length,
    ]).toEqual([1, 3]);
    // The home of the agent has nothing of it.
    expect(readFileSync(ledgerFile(user.homes), 'utf8')).toBe(ledger);
    expect((await inOther('doctor', '--offline')).stdout).toContain(
      `The agent of ${cloud.origin} was started with another RUNBEAM_HOME, and renews no machine token of this one`,
    );
    expect((await user.runbeam('doctor', '--offline')).stdout).not.toContain('another RUNBEAM_HOME');
  });

  test('a .beamd in a git worktree', async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    await logIn(user, edge);
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd: user.work,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    git('init', '-q', 'repo');
    writeText(user, 'repo/.beamd', `server: ${edge.origin}\nscope: acme\n`);
    git('-C', 'repo', 'add', '.beamd');
    git('-C', 'repo', 'commit', '-q', '-m', 'pin');
    git('-C', 'repo', 'worktree', 'add', '-q', '../tree');
    mkdirSync(join(user.work, 'tree/sub'));
    const cwd = join(user.work, 'tree/sub');
    await expectCli(user, 'beamd whoami', { stdout: `alice@example.com on ${edge.origin} for acme (admin)\n` }, { cwd });
    const path = join(user.work, 'tree/.beamd');
    await expectCli(
      user,
      'beamd link --scope widgets --force',
      {
        stdout: `✓ Wrote ${path}: this project uses ${edge.origin} and org widgets\nIt holds no secret: commit it\nTo check it, here and in CI\nRun: beamd pin check\n`,
      },
      { cwd },
    );
  });
});

describe('umask 000', () => {
  test('everything that is made is 0600 or 0700', async () => {
    const edge = keep(await startBeamAuthEdge({ autoApprove: true }));
    const gateway = keep(await startHarmony());
    const user = keep(createCliUser());
    const sh = openShell(user);
    for (const line of [
      `beamd login --server ${edge.origin}`,
      'beamd token',
      'beamd default acme',
      `runbeam harmony:add -p ${gateway.port} -l gw`,
      'runbeam config:set api-url https://api.example.com',
    ]) {
      const { code, stderr } = await sh(`umask 000; ${line}`);
      expect({ line, code }, stderr).toEqual({ line, code: 0 });
    }
    const modes = ['.beamd', '.runbeam'].flatMap((name) => [
      name,
      ...below(join(user.home, name)).map((path) => join(name, path)),
    ]);
    const loose = modes.filter((path) => (lstatSync(join(user.home, path)).mode & 0o077) !== 0);
    expect(loose).toEqual([]);
    expect(modes).toEqual(
      expect.arrayContaining([`.beamd/accounts/127.0.0.1_${edge.port}.yaml`, `.beamd/agents/127.0.0.1_${edge.port}.sock`]),
    );
  });
});

function below(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' });
}

describe('edges', () => {
  test('IPv6 loopback', async () => {
    const edge = keep(await startBeamAuthEdge({ host: '::1' }));
    const user = keep(createCliUser());
    expect((await logIn(user, edge)).stdout).toBe(
      `✓ Logged in to ${edge.origin} as alice@example.com\nDefault org alice; others: acme, widgets\nIt is now the current server\n`,
    );
    expect((await user.beamd('token')).stdout).toMatch(/^bat_/);
    expect((await user.beamd('token', '--server', edge.origin)).stdout).toMatch(/^bat_/);
    expect(readdirSync(join(user.home, '.beamd/accounts'))).toContain(`[--1]_${edge.port}.yaml`);
    expect(await agentState(user)).toMatchObject({ state: 'running' });
  });

  test('a control plane that is not the edge: the account is keyed by the edge', async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    await logIn(user, { ...edge, origin: edge.controlPlane });
    const file = readFileSync(join(user.home, `.beamd/accounts/127.0.0.1_${edge.port}.yaml`), 'utf8');
    expect(file).toContain(`\ncontrol_plane: ${edge.controlPlane}\n`);
    expect((await user.beamd('token', '--server', edge.origin)).code).toBe(0);
  });

  test('two edges at once: each its own agent, token and default org', async () => {
    const [one, two] = [keep(await startBeamAuthEdge()), keep(await startBeamAuthEdge())];
    const user = keep(createCliUser());
    await logIn(user, one);
    await logIn(user, two);
    succeeded(await user.beamd('default', 'acme', '--server', two.origin));
    const [a, b] = await Promise.all([user.beamd('token', '--server', one.origin), user.beamd('token', '--server', two.origin)]);
    expect([a.code, b.code]).toEqual([0, 0]);
    expect(a.stdout).not.toBe(b.stdout);
    expect(user.agents()).toHaveLength(2);
    expect((await user.beamd('default')).stdout).toBe('alice\n');
    succeeded(await user.beamd('logout', '--server', one.origin));
    expect((await user.beamd('token')).stdout).toBe(b.stdout);
  });

  test.each([
    [0, 'This login has no orgs'],
    [1, 'Default org alice'],
    [500, 'Default org alice (500 orgs)'],
  ])('%i orgs', async (count, line) => {
    const edge = keep(await startBeamAuthEdge({ orgs: manyOrgs(count) }));
    const user = keep(createCliUser());
    expect((await logIn(user, edge)).stdout.split('\n')[1]).toBe(line);
    const orgs = await user.beamd('orgs');
    expect(orgs.code).toBe(0);
    expect(orgs.stdout.split('\n')).toHaveLength(Math.max(1, count) + 1);
    expect((await user.beamd('token')).stdout).toMatch(/^bat_/);
    succeeded(await user.beamd('orgs', '--refresh'));
    const last = count > 1 ? 'org-499' : 'alice';
    const chosen = await user.beamd('default', last);
    expect(chosen.code).toBe(count === 0 ? 6 : 0);
    expect((await user.beamd('whoami')).code).toBe(0);
  });
});

test('an account file as other tools write it, with its token in plain text, is read', async () => {
  const user = keep(createCliUser());
  mkdirSync(join(user.home, '.beamd/accounts'), { recursive: true, mode: 0o700 });
  const path = join(user.home, '.beamd/accounts/edge.example.com.yaml');
  writeFileSync(path, 'server: edge.example.com\nkind: token\ntoken: written-by-another-tool\nunknown: stays\n', { mode: 0o600 });
  expect((await user.beamd('token')).stdout).toBe('written-by-another-tool\n');
  expect((await user.beamd('whoami')).stdout).toBe('A token on edge.example.com (self-hosted)\n');
});
