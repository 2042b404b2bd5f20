/** The everyday program and the whole command line are one, as is the executable: the same words, streams and exit codes. */
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../sandbox/testing.ts';
import { writeText } from '../support/files.ts';
import { succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { startEdgeUser } from '../support/edge.ts';
import { commandOf, NODE, type Ran, type RunOptions, type CliUser } from '../support/cli-user.ts';

/** The program as it is, and all of it through oclif. */
const ENTRIES = {
  bin: commandOf('beamd'),
  oclif: [
    NODE,
    '-e',
    `require(${JSON.stringify(join(PACKAGE_ROOT, 'dist', 'oclif.cjs'))}).runWithOclif('beamd', process.argv.slice(1))`,
    '--',
  ],
};

const keep = cleanup(afterAll);
let user: CliUser;

beforeAll(async () => {
  ({ user } = await startEdgeUser(keep));
  succeeded(await user.beamd('token'));
});

function run([file = '', ...args]: readonly string[], { cwd = user.work, env = {} }: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...user.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: 200_000 });
    const ran = { stdout: '', stderr: '' };
    child.stdout.on('data', (text: Buffer) => (ran.stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (ran.stderr += text.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, ...ran }));
  });
}

/** Runs a command line through both entries; both must end with `code`, and say the same. */
async function agree(words: readonly string[], code: number, options?: RunOptions): Promise<Ran> {
  const [bin, oclif] = await Promise.all([run([...ENTRIES.bin, ...words], options), run([...ENTRIES.oclif, ...words], options)]);
  expect(oclif).toEqual(bin);
  expect(bin).toMatchObject({ code });
  return bin;
}

const folder = (name: string): string => join(user.work, name);

describe('beamd token', () => {
  test.each<[string, string[], number]>([
    ['as it is', [], 0],
    ['for an org', ['--scope', 'acme'], 0],
    ['for an org that the account does not have', ['--scope', 'nobody'], 6],
    ['an empty org', ['--scope', ''], 6],
    ['a server without an account', ['--server', 'stranger.example.com'], 4],
    ['a server that is none', ['--server', 'a b'], 2],
    ['plain http elsewhere', ['--server', 'http://edge.example.com'], 6],
    ['a flag twice', ['--scope', 'acme', '--scope', 'alice'], 2],
    ['a flag that there is not', ['--colour', 'red'], 2],
    ['a flag without its value', ['--server'], 2],
    ['a word too many', ['now'], 2],
    ['as JSON, refused', ['--json', '--scope', 'nobody'], 6],
    ['a configuration file that is not there', ['--config', 'nowhere.yaml'], 2],
  ])('%s', async (_, words, code) => {
    await agree(['token', ...words], code);
  });

  test.each<[string, Record<string, string | undefined>, number]>([
    ['an org', { BEAMD_SCOPE: 'acme' }, 0],
    ['an org that the account does not have', { BEAMD_SCOPE: 'nobody' }, 6],
    ['a server that is none', { BEAMD_SERVER: 'a/b' }, 2],
    ['a server without an account', { BEAMD_SERVER: 'stranger.example.com' }, 4],
    ['a token', { BEAMD_TOKEN: 'from-the-environment' }, 0],
    ['empty variables', { BEAMD_SERVER: '', BEAMD_SCOPE: '', BEAMD_TOKEN: '', BEAMD_HOME: '' }, 0],
    ['a relative BEAMD_HOME', { BEAMD_HOME: 'somewhere' }, 2],
    ['a BEAMD_HOME that is not there', { BEAMD_HOME: '/nonexistent/home' }, 4],
    ['a relative HOME', { HOME: 'somewhere' }, 2],
    ['no agent wanted', { BEAMD_NO_AGENT: '1' }, 0],
    ['colours, for an error', { BEAMD_SCOPE: 'nobody', FORCE_COLOR: '1' }, 6],
  ])('with %s in the environment', async (_, env, code) => {
    await agree(['token'], code, { env });
  });

  test.each<[string, string, number]>([
    ['an org', 'scope: acme\n', 0],
    ['an org that the account does not have', 'scope: nobody\n', 6],
    ['another server', 'server: stranger.example.com\n', 4],
    ['a server that is none', 'server: "a b"\n', 2],
    ['a secret', 'server: stranger.example.com\ntoken: abc\n', 6],
    ['a number for an org', 'scope: 7\n', 2],
    ['broken yaml', 'scope: [\n', 2],
    ['yaml beyond the plain', 'scope:   "acme" # ours\n', 0],
    ['nothing', '', 0],
  ])('in a project that pins %s', async (name, text, code) => {
    const place = folder(name.replaceAll(' ', '-'));
    writeText(user, `${name.replaceAll(' ', '-')}/.beamd`, text);
    await agree(['token'], code, { cwd: place });
  });

  test('in a project with a link for its file', async () => {
    mkdirSync(folder('linked'));
    symlinkSync('/dev/zero', join(folder('linked'), '.beamd'));
    await agree(['token'], 0, { cwd: folder('linked') });
  });

  test('with a folder of sockets that others may look into', async () => {
    const agents = join(user.home, '.beamd', 'agents');
    chmodSync(agents, 0o755);
    try {
      await agree(['token'], 6);
    } finally {
      chmodSync(agents, 0o700);
    }
  });

  test('with a configuration that is broken', async () => {
    const path = join(user.home, '.beamd', 'config');
    cpSync(path, `${path}.kept`);
    try {
      for (const [text, code] of [
        ['current: [', 2],
        ['current: 7\n', 2],
        ['current: a b\n', 2],
        ['', 0],
      ] as const) {
        writeText(user, '../.beamd/config', text);
        await agree(['token'], code);
      }
    } finally {
      cpSync(`${path}.kept`, path);
    }
  });

  test('of a user who is not logged in', async () => {
    await agree(['token'], 4, { env: { HOME: folder('') } });
  });
});

describe('the everyday commands', () => {
  test.each<[string, number]>([
    ['whoami', 0],
    ['whoami --scope nobody', 6],
    ['whoami --server stranger.example.com --json', 4],
    ['orgs', 0],
    ['orgs --json', 0],
    ['orgs --bad', 2],
    ['default', 0],
    ['default nobody', 6],
    ['default one two', 2],
    ['accounts', 0],
    ['status --server a/b', 2],
    ['switch', 0],
    ['agent', 0],
    ['agent nothing', 2],
    ['nothing', 2],
    ['--server stranger.example.com whoami', 4],
  ])('beamd %s', async (line, code) => {
    await agree(line.split(' '), code);
  });
});
