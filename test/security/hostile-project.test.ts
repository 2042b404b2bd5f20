/** A cloned repository cannot make the programs talk to a host of its choice, nor look one up. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { logIn } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type Ran, type CliUser } from '../support/cli-user.ts';
import { startCanaryHost, type CanaryHost } from '../support/canary-host.ts';
import { recordNetwork, type NetworkRecord } from '../support/network.ts';

const keep = cleanup(afterAll);
let edge: BeamAuthEdge;
let canary: CanaryHost;
let user: CliUser;
let network: NetworkRecord;

beforeAll(async () => {
  edge = keep(await startBeamAuthEdge());
  canary = keep(await startCanaryHost());
  user = keep(createCliUser());
  network = recordNetwork(user);
  await logIn(user, edge);
});

/** What a repository may hold, by the names of its files. */
type Repository = Readonly<Record<string, string>>;

const server = (text: string): Repository => ({ '.beamd': `server: ${text}\n` });
const everyKey = (url: string): string =>
  ['server', 'scope', 'name', 'from', 'control_plane', 'api_url', 'issuer', 'edge', 'proxy', 'agent_socket']
    .map((key) => `${key}: ${url}\n`)
    .join('');

const repositories = (port: number, own: string): Readonly<Record<string, Repository>> => ({
  'a host': server(`http://localhost:${port}`),
  'a host by https': server(`https://127.0.0.1:${port}`),
  'a name to look up': server('canary.attacker.example'),
  'the own edge as user info': server(`http://${own}@localhost:${port}`),
  'the own edge as a path': server(`http://localhost:${port}/${own}`),
  'the own edge, then another line': server(`"${own}\\n localhost:${port}"`),
  'a block of text': server(`|\n  localhost:${port}\n  ${own}`),
  'a URL in every key': { '.beamd': everyKey(`http://localhost:${port}`) },
  'only beside the own edge': { '.beamd': everyKey(`http://localhost:${port}`).replace(/^.*\n/, `server: ${own}\n`) },
  'the personal file': { '.beamd': `server: ${own}\n`, '.beamd.local': `server: localhost:${port}\n` },
  'files of the home': {
    '.beamd.local': `server: http://localhost:${port}\n`,
    'config': `current: http://localhost:${port}\n`,
    'accounts/localhost.yaml': `server: http://localhost:${port}\ntoken: x\n`,
    '.npmrc': `registry=http://localhost:${port}\nproxy=http://localhost:${port}\n`,
    '.env': `BEAMD_SERVER=http://localhost:${port}\nHTTPS_PROXY=http://localhost:${port}\n`,
    'package.json': `{"beamd": {"server": "http://localhost:${port}"}}`,
  },
});

function clone(name: string, repository: Repository): string {
  const folder = join(user.work, name);
  for (const [path, text] of Object.entries(repository)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  mkdirSync(join(folder, 'deep/down'), { recursive: true });
  return join(folder, 'deep/down');
}

const COMMANDS: readonly (readonly string[])[] = [
  ['token'],
  ['whoami', '--json'],
  ['orgs', '--refresh'],
  ['status', '--check'],
  ['exec', '--', 'true'],
];

/** They look at the project themselves, and end as they find it. */
const LOOKING: readonly (readonly string[])[] = [['doctor'], ['pin', 'check']];

/** Runs every command in a folder; a few at a time. Returns what came of those that are not there to look at it. */
async function inFolder(cwd: string, env: Readonly<Record<string, string>> = {}): Promise<Ran[]> {
  const run = (args: readonly string[]): Promise<Ran> => user.run('beamd', args, { cwd, env: { ...network.env, ...env } });
  await Promise.all(LOOKING.map(run));
  return Promise.all(COMMANDS.map(run));
}

const ownTraffic = (): string[] => [`connect 127.0.0.1:${edge.port}`, 'lookup 127.0.0.1'];

/** What was looked up or connected to besides the server that the user is logged in to. */
const elsewhere = (): string[] => network.take().filter((line) => !ownTraffic().includes(line));

test('the record sees what a program does', async () => {
  await user.run('beamd', ['login', '--server', canary.origin], { env: network.env });
  expect(elsewhere()).toEqual(expect.arrayContaining([`connect localhost:${canary.port}`]));
  expect(canary.connections()).toBeGreaterThan(0);
});

test('hostile repositories: 0 packets to their host, 0 names looked up, no token of ours shown to them', async () => {
  const before = canary.connections();
  const codes: Record<string, (number | null)[]> = {};
  for (const [name, repository] of Object.entries(repositories(canary.port, edge.origin))) {
    const ran = await inFolder(clone(name, repository));
    codes[name] = [...new Set(ran.map(({ code }) => code))];
  }
  expect({ elsewhere: elsewhere(), connections: canary.connections() - before }).toEqual({ elsewhere: [], connections: 0 });
  // Refused, with "not logged in" or "this file is wrong"; or the server that the user has chosen is used.
  const refused = Object.entries(codes).filter(([, all]) => all.every((code) => code === 4 || code === 2 || code === 6));
  expect(refused.map(([name]) => name)).toEqual(Object.keys(codes).filter((name) => name !== 'only beside the own edge'));
});

test('with BEAMD_TOKEN set: it is not brought to the repository’s host', async () => {
  const before = canary.connections();
  const cwd = clone('token', server(`http://localhost:${canary.port}`));
  const ran = await inFolder(cwd, { BEAMD_TOKEN: edge.apiKey });
  expect({ elsewhere: elsewhere(), connections: canary.connections() - before }).toEqual({ elsewhere: [], connections: 0 });
  expect(ran.map(({ code }) => code)).toEqual([4, 4, 4, 4, 4]);
});

test('a login in a hostile repository goes where the user says', async () => {
  const before = canary.connections();
  const cwd = clone('login', { '.beamd': everyKey(`http://localhost:${canary.port}`) });
  const env = { ...network.env, BEAMD_DEFAULT_HOST: edge.origin };
  expect(
    (await user.run('beamd', ['login', '--server', edge.origin, '--token', '-'], { cwd, env, stdin: edge.apiKey })).code,
  ).toBe(0);
  expect({ elsewhere: elsewhere(), connections: canary.connections() - before }).toEqual({ elsewhere: [], connections: 0 });
});

test('a bare login asks neither the repository’s host nor the default one', async () => {
  const before = canary.connections();
  for (const [name, repository] of Object.entries(repositories(canary.port, edge.origin))) {
    const cwd = clone(`bare login, ${name}`, repository);
    const env = { ...network.env, BEAMD_DEFAULT_HOST: edge.origin };
    const { code, stdout } = await user.run('beamd', ['login'], { cwd, env });
    expect({ name, code, stdout }).toEqual({ name, code: expect.toBeOneOf([2, 6]), stdout: '' });
  }
  expect({ asked: network.take(), connections: canary.connections() - before }).toEqual({ asked: [], connections: 0 });
});

test('what is no regular file does not count: links, pipes, devices, folders', async () => {
  const before = canary.connections();
  const target = join(user.root, 'elsewhere');
  writeFileSync(target, `server: http://localhost:${canary.port}\n`);
  const folders = ['link', 'pipe', 'folder'].map((name) => clone(name, {}));
  const [link = '', pipe = '', folder = ''] = folders;
  symlinkSync(target, join(link, '.beamd'));
  execFileSync('mkfifo', [join(pipe, '.beamd')]);
  mkdirSync(join(folder, '.beamd'));
  for (const cwd of folders) {
    const { code, stderr } = await user.run('beamd', ['whoami'], { cwd, env: network.env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  expect({ elsewhere: elsewhere(), connections: canary.connections() - before }).toEqual({ elsewhere: [], connections: 0 });
});
