/** Commands whose program is replaced or removed while they start: an update. */
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { copyPackage } from '../support/installed.ts';

const keep = cleanup();

const HINT = 'Run the command again';
const WHILE = 'was replaced or removed while it ran';
const GONE = { code: 1, stdout: '', stderr: `${WHILE}\nHint: ${HINT}\n` };

test.each([
  ['the part that is the command', ['token'], /^cli-everyday-/],
  ['all that it has beside the program', ['token'], /^cli-/],
  [
    'a part that is loaded when the command runs',
    ['login', '--server', 'http://127.0.0.1:9'],
    /^cli-(?:account-writer|http-client)-/,
  ],
  ['what prints help', ['--help'], /^cli-find-screen-/],
  ['what lists the near names', ['acounts'], /^oclif/],
])('without %s a command says that it was replaced, and what to do', async (_, line, taken) => {
  const user = keep(createCliUser());
  const installed = join(user.root, 'installed');
  const dist = join(installed, 'dist');
  await copyPackage(installed);
  const away = join(user.root, 'away');
  mkdirSync(away);
  const parts = readdirSync(dist).filter((name) => taken.test(name));
  expect(parts).not.toEqual([]);
  for (const name of parts) renameSync(join(dist, name), join(away, name));
  const ran = await user.run('beamd', line, { installed });
  expect({ ...ran, stderr: ran.stderr.replace(/^Error: (?:beamd|This program) /, '') }).toEqual(GONE);
});

/** Takes a file away as Node has found it and is about to read it. */
const TAKE = `
  const fs = require('node:fs');
  const read = fs.readFileSync;
  fs.readFileSync = (path, ...rest) => {
    if (String(path).includes(process.env.BEAMD_TEST_TAKEN)) fs.rmSync(path);
    return read(path, ...rest);
  };
`;

test.each([
  ['of every command', ['token'], 'cli-manifest-'],
  ['of this one', ['accounts'], 'cli-accounts-'],
])('a part %s that goes as it is read is said to be gone', async (_, line, taken) => {
  const user = keep(createCliUser());
  const installed = join(user.root, 'installed');
  await copyPackage(installed);
  const preload = join(user.root, 'take.cjs');
  writeFileSync(preload, TAKE);
  const env = { NODE_OPTIONS: `--require=${preload}`, BEAMD_TEST_TAKEN: join(installed, 'dist', taken) };
  const ran = await user.run('beamd', line, { installed, env });
  expect({ ...ran, stderr: ran.stderr.replace(/^Error: (?:beamd|This program) /, '') }).toEqual(GONE);
});

test('with --json the same is one value', async () => {
  const user = keep(createCliUser());
  const installed = join(user.root, 'installed');
  await copyPackage(installed);
  for (const name of readdirSync(join(installed, 'dist')).filter((one) => one.startsWith('cli-accounts-'))) {
    renameSync(join(installed, 'dist', name), join(user.root, name));
  }
  const ran = await user.run('beamd', ['accounts', '--json'], { installed });
  const error = { code: 'failed', message: `This program ${WHILE}`, hint: HINT };
  expect({ ...ran, stdout: JSON.parse(ran.stdout) as unknown }).toEqual({ code: 1, stdout: { error }, stderr: '' });
});
