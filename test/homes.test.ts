/** Homes, hosts and accounts of every kind: all just work. */
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { manyOrgs, startBeamAuthEdge, startHarmony } from '../sandbox/testing.ts';
import { writeText } from './support/files.ts';
import { logIn, succeeded } from './support/login.ts';
import { agentState } from './support/races.ts';
import { says } from './support/says.ts';
import { openShell } from './support/shell.ts';
import { closing } from './support/together.ts';
import { createWorld } from './support/world.ts';

const keep = closing();

describe('homes', () => {
  test.each([
    ['spaces and letters of other languages', 'Jürgen Müller/Ünïcödé 日本語 home'],
    ['quotes and dollars', `it's "$HOME" & more`],
    ['a path too long for a socket', `${'long-'.repeat(12)}/${'home-'.repeat(12)}`],
  ])('%s', async (_name, homeName) => {
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld({ homeName }));
    await logIn(world, edge);
    const [first, second] = [await world.beamd('token'), await world.beamd('token')];
    expect(first).toEqual({ code: 0, stdout: expect.stringMatching(/^bat_\S+\n$/), stderr: '' });
    expect(second).toEqual(first);
    expect(world.agents()).toHaveLength(1);
    await says(world, 'beamd agent stop', { stdout: `The agent of ${edge.origin} was stopped\n` });
  });

  test('two accounts of a home with a long path have two agents', async () => {
    const edges = [keep(await startBeamAuthEdge()), keep(await startBeamAuthEdge())];
    const world = keep(createWorld({ homeName: 'h'.repeat(120) }));
    const tokens: string[] = [];
    for (const edge of edges) {
      await logIn(world, edge);
      tokens.push(succeeded(await world.beamd('token', '--server', edge.origin)).stdout);
    }
    expect(new Set(tokens).size).toBe(2);
    expect(world.agents()).toHaveLength(2);
  });

  test('BEAMD_HOME moves the folder; a relative one is refused', async () => {
    const world = keep(createWorld());
    const elsewhere = join(world.work, 'else where');
    await says(
      world,
      'beamd accounts',
      { stdout: 'You are not logged in anywhere. Run: beamd login\n' },
      { env: { BEAMD_HOME: elsewhere } },
    );
    expect(existsSync(join(world.home, '.beamd'))).toBe(false);
    const { code, stderr } = await world.run('beamd', ['accounts'], { env: { BEAMD_HOME: 'relative' } });
    expect(code).toBe(2);
    expect(stderr).toContain('BEAMD_HOME');
  });

  test('a .beamd in a git worktree', async () => {
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld());
    await logIn(world, edge);
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd: world.work,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    git('init', '-q', 'repo');
    writeText(world, 'repo/.beamd', `server: ${edge.origin}\nscope: acme\n`);
    git('-C', 'repo', 'add', '.beamd');
    git('-C', 'repo', 'commit', '-q', '-m', 'pin');
    git('-C', 'repo', 'worktree', 'add', '-q', '../tree');
    mkdirSync(join(world.work, 'tree/sub'));
    const cwd = join(world.work, 'tree/sub');
    await says(world, 'beamd whoami', { stdout: `alice@example.com on ${edge.origin} for acme (admin)\n` }, { cwd });
    const path = join(world.work, 'tree/.beamd');
    await says(
      world,
      'beamd link --scope widgets --force',
      { stdout: `Wrote ${path}: this project uses ${edge.origin} and org widgets\nIt holds no secret: commit it\n` },
      { cwd },
    );
  });
});

describe('umask 000', () => {
  test('everything that is made is 0600 or 0700', async () => {
    const edge = keep(await startBeamAuthEdge({ autoApprove: true }));
    const gateway = keep(await startHarmony());
    const world = keep(createWorld());
    const sh = openShell(world);
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
      ...below(join(world.home, name)).map((path) => join(name, path)),
    ]);
    const loose = modes.filter((path) => (lstatSync(join(world.home, path)).mode & 0o077) !== 0);
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
    const world = keep(createWorld());
    expect((await logIn(world, edge)).stdout).toBe(
      `Logged in to ${edge.origin} as alice@example.com\nDefault org alice (3 orgs)\nIt is now the current server\n`,
    );
    expect((await world.beamd('token')).stdout).toMatch(/^bat_/);
    expect((await world.beamd('token', '--server', edge.origin)).stdout).toMatch(/^bat_/);
    expect(readdirSync(join(world.home, '.beamd/accounts'))).toContain(`[--1]_${edge.port}.yaml`);
    expect(await agentState(world)).toMatchObject({ state: 'running' });
  });

  test('a control plane that is not the edge: the account is keyed by the edge', async () => {
    const edge = keep(await startBeamAuthEdge());
    const world = keep(createWorld());
    await logIn(world, { ...edge, origin: edge.controlPlane });
    const file = readFileSync(join(world.home, `.beamd/accounts/127.0.0.1_${edge.port}.yaml`), 'utf8');
    expect(file).toContain(`\ncontrol_plane: ${edge.controlPlane}\n`);
    expect((await world.beamd('token', '--server', edge.origin)).code).toBe(0);
  });

  test('two edges at once: each its own agent, token and default org', async () => {
    const [one, two] = [keep(await startBeamAuthEdge()), keep(await startBeamAuthEdge())];
    const world = keep(createWorld());
    await logIn(world, one);
    await logIn(world, two);
    succeeded(await world.beamd('default', 'acme', '--server', two.origin));
    const [a, b] = await Promise.all([
      world.beamd('token', '--server', one.origin),
      world.beamd('token', '--server', two.origin),
    ]);
    expect([a.code, b.code]).toEqual([0, 0]);
    expect(a.stdout).not.toBe(b.stdout);
    expect(world.agents()).toHaveLength(2);
    expect((await world.beamd('default')).stdout).toBe(`The default org on ${one.origin} is alice\n`);
    succeeded(await world.beamd('logout', '--server', one.origin));
    expect((await world.beamd('token')).stdout).toBe(b.stdout);
  });

  test.each([
    [0, 'This login has no orgs'],
    [1, 'Default org alice (1 org)'],
    [500, 'Default org alice (500 orgs)'],
  ])('%i orgs', async (count, line) => {
    const edge = keep(await startBeamAuthEdge({ orgs: manyOrgs(count) }));
    const world = keep(createWorld());
    expect((await logIn(world, edge)).stdout.split('\n')[1]).toBe(line);
    const orgs = await world.beamd('orgs');
    expect(orgs.code).toBe(0);
    expect(orgs.stdout.split('\n')).toHaveLength(Math.max(1, count) + 1);
    expect((await world.beamd('token')).stdout).toMatch(/^bat_/);
    succeeded(await world.beamd('orgs', '--refresh'));
    const last = count > 1 ? 'org-499' : 'alice';
    const chosen = await world.beamd('default', last);
    expect(chosen.code).toBe(count === 0 ? 6 : 0);
    expect((await world.beamd('whoami')).code).toBe(0);
  });
});

test('an account file as other tools write it, with its token in plain text, is read', async () => {
  const world = keep(createWorld());
  mkdirSync(join(world.home, '.beamd/accounts'), { recursive: true, mode: 0o700 });
  const path = join(world.home, '.beamd/accounts/edge.example.com.yaml');
  writeFileSync(path, 'server: edge.example.com\nkind: token\ntoken: written-by-another-tool\nunknown: stays\n', { mode: 0o600 });
  expect((await world.beamd('token')).stdout).toBe('written-by-another-tool\n');
  expect((await world.beamd('whoami')).stdout).toBe('A token on edge.example.com (self-hosted)\n');
});
