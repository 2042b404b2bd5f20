/** Locks of an account that cross each other: none says what is not so, and none costs the session. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { systemClock } from '../../src/clock.ts';
import { createAccountStore } from '../../src/store/accounts/account-store.ts';
import { keyOf } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser, type Ran } from '../support/cli-user.ts';
import { logIn, succeeded } from '../support/login.ts';

const keep = cleanup();
const passphrase = randomBytes(12).toString('hex');
let edge: BeamAuthEdge;
let user: CliUser;

beforeEach(async () => {
  edge = keep(await startBeamAuthEdge());
  user = keep(createCliUser());
  await logIn(user, edge);
});

const withPassphrase = (...args: string[]): Promise<Ran> =>
  user.run('beamd', ['agent', ...args, '--passphrase-file', '-'], { stdin: `${passphrase}\n` });

test('a lock that fires while another passphrase is typed is opened by the one it was sealed with', async () => {
  const store = createAccountStore({ homes: user.homes, clock: systemClock, env: {} });
  succeeded(await withPassphrase('lock', '--after', '8h'));
  const { credential } = (await store.session(keyOf(edge))) ?? {};
  const pipe = join(user.work, 'typed');
  execFileSync('mkfifo', [pipe]);
  const typed = user.beamd('agent', 'lock', '--after', '2d', '--passphrase-file', pipe);
  // Open once the command reads: it has looked at the account by then.
  const writer = await open(pipe, 'w');
  succeeded(await user.beamd('agent', 'lock'));
  await writer.writeFile(`${randomBytes(12).toString('hex')}\n`);
  await writer.close();
  expect(await typed).toEqual({
    code: 4,
    stdout: '',
    stderr: `Error: The account on ${edge.origin} is locked\nRun: beamd agent unlock --server ${edge.origin}\n`,
  });
  succeeded(await withPassphrase('unlock'));
  expect((await store.session(keyOf(edge)))?.credential).toEqual(credential);
});
