/** `beamd pin check`: exit code and every line, in real repositories. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { randomToken } from '../../src/auth/auth.testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { fitting } from '../support/expect-cli.ts';
import { writeConfig } from '../support/files.ts';
import { logIn } from '../support/login.ts';

const keep = cleanup();
const keepForAll = cleanup(afterAll);
let edge: BeamAuthEdge;
let member: CliUser;

beforeAll(async () => {
  edge = keepForAll(await startBeamAuthEdge());
  member = keepForAll(createCliUser());
  await logIn(member, edge);
});

let count = 0;

/** A repository of its own, with these files, and `.beamd.local` ignored unless the files say otherwise. */
function repository(user: CliUser, files: Readonly<Record<string, string>>): string {
  const folder = join(user.work, `repo${String(count++)}`);
  mkdirSync(folder);
  execFileSync('git', ['init', '-q'], { cwd: folder });
  for (const [name, text] of Object.entries({ '.gitignore': '.beamd.local\n', ...files }))
    writeFileSync(join(folder, name), text);
  return folder;
}

/** What it says in a folder, the folder as `.`. */
async function check(
  user: CliUser,
  cwd: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await user.run('beamd', ['pin', 'check', ...args], { cwd, env });
  return { code, stdout: stdout.replaceAll(cwd, '.'), stderr: stderr.replaceAll(cwd, '.') };
}

test('what a login here knows is verified', async () => {
  const folder = repository(member, { '.beamd': `server: ${edge.origin}\nscope: acme\n` });
  const lines = [
    `✓ ./.beamd pins server ${edge.origin} and org acme`,
    `✓ You are logged in to ${edge.origin}, and acme is among your orgs`,
  ];
  expect(await check(member, folder)).toEqual({ code: 0, stdout: `${lines.join('\n')}\n`, stderr: '' });
  const { stdout, code } = await check(member, folder, ['--json']);
  expect([code, fitting('beamd:pin:check', stdout)]).toMatchObject([
    0,
    { path: './.beamd', server: edge.origin, scope: 'acme', verified: true },
  ]);
  // Found from below, and by its name.
  const below = join(folder, 'a');
  mkdirSync(below);
  expect((await check(member, below)).code).toBe(0);
  expect((await check(member, member.work, [join(folder, '.beamd')])).code).toBe(0);
});

test.each<[string, string, number, string]>([
  ['an org that is none', 'scope: acne', 2, '✗ acne is not among your orgs on EDGE\n  Hint: Did you mean acme?'],
  ['a key that is none', 'scop: acme', 2, '✗ ./.beamd:2: .beamd has no key `scop`; did you mean `scope`?'],
  ['a value that is no text', 'scope: [acme]', 2, '✗ ./.beamd: `scope` is not text\n  Hint: Put the value of `scope` in quotes'],
  [
    'a secret',
    'token: abc',
    6,
    '✗ ./.beamd:2 holds a secret (`token`)\n  Hint: Remove line 2 of ./.beamd and revoke the secret, for the file is made to be shared',
  ],
])('%s ends with its exit code', async (_, line, code, said) => {
  const folder = repository(member, { '.beamd': `server: ${edge.origin}\n${line}\n` });
  const ran = await check(member, folder);
  expect({ ...ran, stdout: ran.stdout.includes(said.replace('EDGE', edge.origin)) || ran.stdout }).toEqual({
    code,
    stdout: true,
    stderr: '',
  });
});

test('a server that is none, no pin at all, a path that is not there', async () => {
  const folder = repository(member, { '.beamd': 'server: "40199"\n' });
  expect(await check(member, folder)).toMatchObject({
    code: 2,
    stdout: expect.stringMatching(/^✗ \.\/\.beamd: 40199 is a number/) as string,
  });
  const none = repository(member, {});
  expect(await check(member, none)).toEqual({ code: 2, stdout: '', stderr: 'Error: No .beamd applies in .\nRun: beamd link\n' });
  expect(await check(member, none, ['nowhere'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^Error: There is no /) as string,
  });
});

test('.beamd.local in git is invalid, and one that git would take is told of; nothing where there is none', async () => {
  const folder = repository(member, { '.beamd': `server: ${edge.origin}\n`, '.gitignore': '' });
  const [first] = [`✓ ./.beamd pins server ${edge.origin}\n✓ You are logged in to ${edge.origin}\n`];
  expect(await check(member, folder)).toEqual({ code: 0, stdout: first, stderr: '' });
  writeFileSync(join(folder, '.beamd.local'), '# mine\n');
  expect(await check(member, folder)).toEqual({
    code: 0,
    stdout: `${first}! git does not ignore ./.beamd.local\n  Run: echo .beamd.local >> .gitignore\n`,
    stderr: '',
  });
  execFileSync('git', ['add', '.beamd.local'], { cwd: folder });
  const ran = await check(member, folder);
  expect(ran.code).toBe(2);
  expect(ran.stdout).toContain("✗ ./.beamd.local is in git, and it is one person's own\n  Run: git rm --cached .beamd.local\n");
  // Ignored as well, it is in git all the same.
  writeFileSync(join(folder, '.gitignore'), '.beamd.local\n');
  expect((await check(member, folder)).code).toBe(2);
});

test('without a login a key says, and only to the server that it is for', async () => {
  const ci = keep(createCliUser());
  const folder = repository(ci, { '.beamd': `server: ${edge.origin}\nscope: acme\n` });
  const pins = `✓ ./.beamd pins server ${edge.origin} and org acme\n`;
  const login = { code: 0, stderr: '' };
  expect(await check(ci, folder)).toEqual({
    ...login,
    stdout: `${pins}! Not verified: there is no login here, no --config and no BEAMD_TOKEN with BEAMD_SERVER\n  Run: beamd pin check --config FILE\n`,
  });
  const key = writeConfig(ci, 'app.yaml', { server: edge.origin, token: edge.apiKey });
  expect(await check(ci, folder, ['--config', key])).toEqual({ ...login, stdout: `${pins}✓ ${edge.origin} knows acme\n` });
  const env = { BEAMD_SERVER: edge.origin, BEAMD_TOKEN: edge.apiKey };
  expect(await check(ci, folder, [], env)).toEqual({ ...login, stdout: `${pins}✓ ${edge.origin} knows acme\n` });
  expect(await check(ci, folder, ['--offline'], env)).toEqual({
    ...login,
    stdout: `${pins}! Not verified: nobody was asked (--offline)\n  Run: beamd pin check\n`,
  });
  const elsewhere = { ...env, BEAMD_SERVER: 'other.example.com' };
  expect(await check(ci, folder, [], elsewhere)).toEqual({
    ...login,
    stdout: `${pins}! Not verified: the key is for other.example.com, and ${edge.origin} is pinned\n  Run: beamd pin check --config FILE\n`,
  });
  expect(await check(ci, folder, [], { ...env, BEAMD_TOKEN: randomToken() })).toMatchObject({ code: 4, stdout: '' });
  const other = repository(ci, { '.beamd': `server: ${edge.origin}\nscope: widgets\n` });
  expect(await check(ci, other, ['--config', key])).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('✗ The key is not for widgets, which is pinned\n') as string,
  });
});

test('a repository has git run nothing', async () => {
  const folder = repository(member, { '.beamd': `server: ${edge.origin}\n` });
  const [ran, program] = [join(folder, 'ran'), join(folder, 'program.sh')];
  writeFileSync(program, `#!/bin/sh\ntouch '${ran}'\n`, { mode: 0o755 });
  execFileSync('git', ['config', 'core.fsmonitor', program], { cwd: folder });
  spawnSync('git', ['status'], { cwd: folder });
  expect(existsSync(ran)).toBe(true);
  execFileSync('rm', [ran]);
  expect((await check(member, folder)).code).toBe(0);
  expect(existsSync(ran)).toBe(false);
});
