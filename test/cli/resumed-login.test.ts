/** A login in two steps: `login --no-wait` begins it, `login --resume ID` ends it. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startOAuthEdge } from '../../sandbox/testing.ts';
import { begunLoginSchema, type BegunLoginJson } from '../../src/cli/json/login.ts';
import { systemClock } from '../../src/clock.ts';
import { Secret } from '../../src/secret.ts';
import { newLoginId, savePendingLogin, type PendingLogin } from '../../src/store/accounts/pending-login.ts';
import { pendingLoginFile, pendingLoginsFolder } from '../../src/store/paths.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();

async function begin(user: CliUser, { origin }: { readonly origin: string }, ...args: string[]): Promise<BegunLoginJson> {
  const { code, stdout, stderr } = await user.beamd('login', '--server', origin, '--no-wait', '--json', ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return v.parse(begunLoginSchema, JSON.parse(stdout));
}

/** The logins that can still be gone on with. */
const pendingIn = (user: CliUser): string[] => {
  const folder = pendingLoginsFolder(user.homes);
  return readdirSync(folder).filter((name) => readFileSync(join(folder, name), 'utf8').includes('"sealed"'));
};

test('is begun, approved, resumed, and forgotten', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const begun = await begin(user, edge, '--account', 'work', '--scope', 'acme');
  const { id, user_code: code = '' } = begun;
  expect(begun).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{16}$/),
    server: edge.origin,
    verification_uri: `${edge.origin}/device`,
    verification_uri_complete: `${edge.origin}/device?user_code=${code}`,
    user_code: expect.stringMatching(/^[B-Z]{4}-[B-Z]{4}$/),
    expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    interval: expect.any(Number),
    resume: `beamd login --resume ${id}`,
  });
  const file = pendingLoginFile(user.homes, id);
  expect([statSync(file).mode & 0o777, statSync(join(file, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
  const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
  expect(kept).toEqual({
    mark: expect.stringMatching(/^[0-9a-f]{16}$/),
    resumable: true,
    expires_at: Date.parse(begun.expires_at) / 1000,
    sealed: expect.stringMatching(/^-----BEGIN AGE ENCRYPTED FILE-----\n/),
  });
  await edge.approve(code);
  const resumed = await user.beamd('login', '--resume', id);
  expect({ code: resumed.code, stdout: resumed.stdout }).toEqual({
    code: 0,
    stdout:
      `✓ Logged in to ${edge.origin} (account work) as alice@example.com\nDefault org acme; others: alice, widgets\n` +
      'It is now the current server\n',
  });
  expect(pendingIn(user)).toEqual([]);
  expect((await user.beamd('token')).stdout).toMatch(/^bat_/);
  // Whoever resumes it late learns how it ended, for as long as there is that account.
  expect(await user.beamd('login', '--resume', id)).toEqual({ code: 0, stdout: resumed.stdout, stderr: '' });
  expect((await user.beamd('logout')).code).toBe(0);
  expect(await user.beamd('login', '--resume', id)).toEqual({
    code: 2,
    stdout: '',
    stderr: `Error: There is no login ${id} to resume: it was used, or its code has expired\nRun: beamd login --no-wait\n`,
  });
});

test('an OAuth server, too', async () => {
  const edge = keep(await startOAuthEdge());
  const user = keep(createCliUser());
  const { id, user_code: code = '' } = await begin(user, edge);
  await edge.approve(code);
  expect((await user.beamd('login', '--resume', id, '--json')).code).toBe(0);
  expect((await user.beamd('token')).code).toBe(0);
});

test('for people: the page, the code, and the command that goes on', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const { stdout, stderr } = await user.beamd('login', '--server', edge.origin, '--no-wait');
  const [file = ''] = pendingIn(user);
  const code = /enter the code (\S+)\n/.exec(stdout)?.[1] ?? '';
  expect(stderr).toBe('');
  expect(stdout.replace(/^The code ends .*$/m, 'The code ends LATER')).toBe(
    `Open ${edge.origin}/device in a browser\nand enter the code ${code}\n` +
      `or open ${edge.origin}/device?user_code=${code} and compare the code\n! Never enter a code that someone sent you.\n` +
      `The code ends LATER\nRun: beamd login --resume ${file.replace('.json', '')}\n`,
  );
});

test('Ctrl-C leaves it to be resumed; a no ends it', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const { id, user_code: code = '' } = await begin(user, edge);
  const waiting = user.start('beamd', ['login', '--resume', id]);
  await waiting.waitFor(/Waiting for approval/);
  waiting.kill('SIGINT');
  const interrupted = await waiting.done;
  expect(interrupted.code).toBe(130);
  expect(interrupted.stderr).toMatch(
    new RegExp(`Interrupted: the login was not finished, and can be resumed\nRun: beamd login --resume ${id}\n$`),
  );
  expect(pendingIn(user)).toEqual([`${id}.json`]);
  await edge.deny(code);
  const denied = await user.beamd('login', '--resume', id);
  expect(denied.code).toBe(4);
  expect(denied.stderr).toContain(`Run: beamd login --server ${edge.origin}\n`);
  expect(pendingIn(user)).toEqual([]);
});

test('what is no id names no file', async () => {
  const user = keep(createCliUser());
  for (const id of ['../config', '0123456789ABCDEF', 'x', '0123456789abcdef/', '']) {
    const { code, stdout, stderr } = await user.beamd('login', '--resume', id);
    expect({ id, code, stdout, stderr }).toEqual({
      id,
      code: 2,
      stdout: '',
      stderr: `Error: ${id} is not the id of a login\nRun: beamd login --no-wait\n`,
    });
  }
});

test('what is over is told, with the command that begins anew, and is removed', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const expired = {
    code: 4,
    stdout: '',
    stderr: `Error: The login expired before it was approved\nRun: beamd login --server ${edge.origin}\n`,
  };
  const { id, user_code: code = '' } = await begin(user, edge);
  edge.expire(code);
  const polled = await user.beamd('login', '--resume', id);
  expect({ ...polled, stderr: polled.stderr.slice(polled.stderr.indexOf('Error:')) }).toEqual(expired);
  expect(pendingIn(user)).toEqual([]);

  const now = systemClock.now() / 1000;
  const deps = { homes: user.homes, env: user.env, clock: systemClock };
  const pending: PendingLogin = {
    program: 'beamd',
    server: edge.origin,
    insecure: false,
    tokenUrl: `${edge.origin}/device/token`,
    code: new Secret(randomBytes(16).toString('hex')),
    verificationUri: `${edge.origin}/device`,
    interval: 1,
    expiresAt: Math.floor(now) - 60,
  };
  const [late, mark] = [newLoginId(), newLoginId()];
  await savePendingLogin(deps, pending, { id: late, mark, resumable: true });
  expect(await user.beamd('login', '--resume', late)).toEqual(expired);
  expect(pendingIn(user)).toEqual([]);
  // Another one takes it away, too.
  await savePendingLogin(deps, pending, { id: newLoginId(), mark, resumable: true });
  const next = await begin(user, edge);
  expect(pendingIn(user)).toEqual([`${next.id}.json`]);
});

test('the code goes nowhere but to where it came from', async () => {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const { id, user_code: code = '' } = await begin(user, edge);
  await edge.approve(code);
  edge.faults.next('GET /.well-known/beam-auth', {
    status: 200,
    json: {
      device_code_url: `${edge.origin}/device/code`,
      token_url: `${edge.origin}/elsewhere`,
      verification_uri: `${edge.origin}/device`,
    },
  });
  expect(await user.beamd('login', '--resume', id)).toEqual({
    code: 6,
    stdout: '',
    stderr:
      `Error: ${edge.origin} sends its logins elsewhere than when this one began; nothing was sent there\n` +
      `Run: beamd login --server ${edge.origin}\n`,
  });
  // It was not spent, and can still be resumed.
  expect(edge.liveSessions()).toBe(0);
  expect((await user.beamd('login', '--resume', id)).code).toBe(0);
});
