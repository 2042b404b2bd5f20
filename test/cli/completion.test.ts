/** Completion asked of the built programs, as the scripts ask: names from disk, and nothing but that. */
import { readFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { PACKAGE_ROOT, type BinName } from '../../sandbox/testing.ts';
import { accountFile, configFile, instancesFile } from '../../src/store/paths.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';
import { expectCli, json } from '../support/expect-cli.ts';
import { writeText } from '../support/files.ts';
import { recordNetwork, type NetworkRecord } from '../support/network.ts';

const keep = cleanup(afterAll);
let user: CliUser;
let network: NetworkRecord;

beforeAll(() => {
  user = keep(createCliUser());
  network = recordNetwork(user);
  const { homes } = user;
  for (const folder of [homes.beamd, join(homes.beamd, 'accounts'), homes.runbeam]) mkdirSync(folder, { mode: 0o700 });
  account('edge.example.com', { user: 'alice@example.com', scopes: scopes('alice', 'acme') });
  account('edge.example.com@work', {
    user: 'bob@example.com',
    name: 'work',
    scopes: scopes('bob', '$(touch pwned)', 'a\u001bb'),
  });
  account('other.example.com_8443', { user: 'al: ice', scopes: scopes('other') });
  account('api.runbeam.io', { provider: 'runbeam', user: 'cloud', scopes: [] });
  write(accountFile(homes, 'broken.example.com'), '{');
  write(configFile(homes), stringify({ current: 'edge.example.com' }));
  const instances = [
    { id: '1a2b3c4d', ip: '127.0.0.1', port: 8081, label: 'my label' },
    { id: '5e6f7a8b', ip: '::1', port: 8082, label: 'a:b\\c', gateway_id: 'gw_1' },
    { id: '9c0d1e2f', ip: '127.0.0.1', port: 8083, label: 'un\nseen' },
  ];
  write(instancesFile(homes), JSON.stringify(instances));
});

function write(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 });
}

function scopes(...slugs: string[]): unknown {
  return slugs.map((slug) => ({ slug, role: 'member' }));
}

function account(key: string, more: Readonly<Record<string, unknown>>): void {
  const server = key.replace(/@.*/, '').replace('_', ':');
  write(accountFile(user.homes, key), stringify({ server, kind: 'session', provider: 'edge', token: 'not-a-secret', ...more }));
}

/** What a shell is told where this line ends. */
async function asked(bin: BinName, shell: string, pieces: readonly string[], cwd = user.work): Promise<string[]> {
  const stdin = pieces.map((piece) => `${piece}\0`).join('');
  const ran = await user.run(bin, ['__complete', shell], { stdin, cwd, env: network.env });
  expect({ pieces, code: ran.code, stderr: ran.stderr }).toEqual({ pieces, code: 0, stderr: '' });
  return ran.stdout.split('\n').slice(0, -1);
}

const fish = (line: string, cwd?: string): Promise<string[]> => {
  const [bin, ...words] = line.split(' ');
  return asked(bin === 'runbeam' ? 'runbeam' : 'beamd', 'fish', words, cwd);
};

describe('names from disk', () => {
  test('servers of the edges one is logged in to, each once', async () => {
    const servers = ['words', 'edge.example.com\talice@example.com', 'other.example.com:8443\tal: ice'];
    const told = await fish('beamd switch ');
    expect(told.map((line) => line.replace('bob@', 'alice@'))).toEqual(servers);
  });

  test('the names of accounts, of the server that was given', async () => {
    expect(await fish('beamd token --account ')).toEqual(['words', 'work\tbob@example.com']);
    expect(await fish('beamd token --server edge.example.com --account ')).toEqual(['words', 'work\tbob@example.com']);
    expect(await fish('beamd token --server other.example.com:8443 --account ')).toEqual(['words']);
    expect(await fish('beamd token --server nothing::at:all --account ')).toEqual(['words']);
  });

  test('the orgs that the command would act for', async () => {
    expect(await fish('beamd default ')).toEqual(['words', 'alice\tmember', 'acme\tmember']);
    expect(await fish('beamd token --scope ')).toEqual(['words', 'alice\tmember', 'acme\tmember']);
    expect(await fish('beamd --server other.example.com:8443 token --scope=')).toEqual(['words', '--scope=other\tmember']);
    expect(await fish('beamd token --account work --scope ')).toEqual(['words', 'bob\tmember', '$(touch pwned)\tmember']);
    writeText(user, 'pinned/.beamd', 'server: other.example.com:8443\n');
    expect(await fish('beamd token --scope ', join(user.work, 'pinned'))).toEqual(['words', 'other\tmember']);
    writeText(user, 'elsewhere/.beamd', 'server: unknown.example.com\n');
    const all = ['words', ...['alice', 'acme', 'bob', '$(touch pwned)', 'other'].map((slug) => `${slug}\tmember`)];
    expect(await fish('beamd token --scope ', join(user.work, 'elsewhere'))).toEqual(all);
  });

  test('gateways by label, by id, and by any of their names', async () => {
    expect(await fish('runbeam harmony:info -l ')).toEqual(['words', 'my label\t127.0.0.1 8081', 'a:b\\c\t::1 8082']);
    expect(await fish('runbeam harmony:info --id ')).toEqual([
      'words',
      '1a2b3c4d\tmy label',
      '5e6f7a8b\ta:b\\c',
      '9c0d1e2f\tunseen',
    ]);
    expect(await fish('runbeam token:get -g ')).toEqual([
      'words',
      'my label',
      '1a2b3c4d\tmy label',
      'a:b\\c',
      '5e6f7a8b\ta:b\\c',
      'gw_1\ta:b\\c',
      '9c0d1e2f\tunseen',
    ]);
  });

  test('each shell is told in its own way', async () => {
    expect(await asked('runbeam', 'zsh', ['harmony:info', '-l', ''])).toEqual([
      'words',
      'my label:127.0.0.1 8081',
      'a\\:b\\\\c:::1 8082',
    ]);
    expect(await asked('runbeam', 'bash', ['runbeam harmony:info -l ', ''])).toEqual(['words', 'my\\ label', 'a:b\\\\c']);
    expect(await asked('runbeam', 'bash', ['runbeam harmony:info --label=m', 'm'])).toEqual(['words', 'my\\ label']);
    expect(await asked('runbeam', 'bash', ['runbeam harmony:info -l a:', ''])).toEqual(['words', 'b\\\\c']);
    expect(await asked('beamd', 'bash', ['beamd --config ', ''])).toEqual(['files']);
  });

  test('nobody was asked, and nothing was started, written or told', () => {
    expect({ network: network.take(), agents: user.agents(), told: user.transcript().includes('not-a-secret') }).toEqual({
      network: [],
      agents: [],
      told: false,
    });
  });
});

test('without a home, with broken files and for an unknown shell there is nothing, and no complaint', async () => {
  const stranger = keep(createCliUser({ env: { HOME: join(user.root, 'nowhere') } }));
  const ask = (shell: string, stdin: string): Promise<unknown> => stranger.run('beamd', ['__complete', shell], { stdin });
  expect(await ask('fish', 'switch\0\0')).toEqual({ code: 0, stdout: 'words\n', stderr: '' });
  expect(await ask('tcsh', 'switch\0\0')).toEqual({ code: 2, stdout: '', stderr: '' });
  mkdirSync(stranger.homes.runbeam, { mode: 0o700 });
  write(instancesFile(stranger.homes), '[{"label": 1}]');
  const broken = await stranger.run('runbeam', ['__complete', 'fish'], {
    stdin: 'harmony:info\0-l\0\0',
    env: { HOME: stranger.home },
  });
  expect(broken).toEqual({ code: 0, stdout: 'words\n', stderr: '' });
});

describe.each(['beamd', 'runbeam'] as const)('%s completion', (bin) => {
  test.each([
    ['bash', `bash/${bin}`],
    ['zsh', `zsh/_${bin}`],
    ['fish', `fish/${bin}.fish`],
  ])('%s prints what packages bring along', async (shell, path) => {
    const shipped = readFileSync(join(PACKAGE_ROOT, 'dist/completions', path), 'utf8');
    await expectCli(user, `${bin} completion ${shell}`, { stdout: shipped });
    expect(await json(user, `${bin}:completion`, `${bin} completion ${shell}`)).toEqual({ shell, script: shipped });
  });

  test('knows three shells', async () => {
    const hint = 'Hint: Add --help to see how it is used\n';
    await expectCli(user, `${bin} completion`, { code: 2, stderr: `Error: Missing: SHELL\n${hint}` });
    const wrong = `Error: SHELL is bash, zsh or fish\n${hint}`;
    await expectCli(user, `${bin} completion tcsh`, { code: 2, stderr: wrong });
  });
});
