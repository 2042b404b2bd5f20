/** A login where there is no disk to write to, or nobody to ask: nothing is begun, and nothing is left alive that nobody has. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import {
  startBeamAuthEdge,
  startOAuthEdge,
  startRunbeamCloud,
  type BeamAuthEdge,
  type OAuthEdge,
} from '../../sandbox/testing.ts';
import { begunLoginSchema } from '../../src/cli/json/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { fill, mountDisk } from '../support/disk.ts';
import { logInToCloud } from '../support/login.ts';

const keep = cleanup();
const isRoot = process.getuid?.() === 0;

test.skipIf(!isRoot).each([
  ['full', 'the disk is full\nHint: Free some space and run the command again\n'],
  ['read-only', 'the file system is read-only\nHint: Set BEAMD_HOME to another folder\n'],
] as const)('on a %s disk no server is asked', async (kind, end) => {
  const edge = keep(await startBeamAuthEdge());
  const cloud = keep(await startRunbeamCloud());
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  const { beamd } = user.homes;
  keep(mountDisk(beamd, 256));
  if (kind === 'full') fill(beamd);
  else execFileSync('mount', ['-o', 'remount,ro', beamd]);
  const server = ['--server', edge.origin];
  for (const ran of [
    await user.beamd('login', ...server),
    await user.runbeam('login'),
    await user.beamd('login', ...server, '--no-wait'),
    await user.runbeam('login', '--no-wait'),
  ]) {
    expect({ ...ran, stderr: ran.stderr.replace(/^Error: Cannot write \S+: /, '') }).toEqual({
      code: 1,
      stdout: '',
      stderr: end,
    });
  }
  expect([edge.counters.requests, cloud.counters.requests]).toEqual([{}, {}]);
});

/** A server that gives sessions, and what a login to it is. */
interface Giver {
  readonly program: 'beamd' | 'runbeam';
  readonly server: { readonly origin: string; approve(codeOrPage: string): Promise<void> };
  /** Sessions that are alive there; undefined where none can be ended. */
  readonly live: () => number | undefined;
}

const edgeGiver = (server: BeamAuthEdge | OAuthEdge): Giver => ({ program: 'beamd', server, live: () => server.liveSessions() });

const GIVERS = {
  'a beam-auth edge': async () => edgeGiver(keep(await startBeamAuthEdge())),
  'an OAuth edge': async () => edgeGiver(keep(await startOAuthEdge())),
  'Runbeam Cloud': async (): Promise<Giver> => {
    return { program: 'runbeam', server: keep(await startRunbeamCloud()), live: () => undefined };
  },
} as const satisfies Record<string, () => Promise<Giver>>;

const SHOWN = { beamd: /enter the code (\S+)\n/, runbeam: /Open (http:\S+) in a browser\n/ } as const;

/** A user on a small disk, who logs in there. */
function smallDisk({ program, server }: Giver) {
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: server.origin } }));
  keep(mountDisk(user.homes.beamd, 512));
  const words = ['login', ...(program === 'beamd' ? ['--server', server.origin] : [])];
  return { user, words, logIn: () => user.start(program, words) };
}

/** What a login says at its end when the disk is full. */
const fullDisk = ({ server, live }: Giver): readonly string[] => [
  live() === undefined
    ? `! Nothing was saved; the session just obtained lives on until it ends by itself: ${server.origin} revokes none`
    : 'The session just obtained was revoked again; nothing was saved',
  expect.stringMatching(/^Error: Cannot write \S+: the disk is full$/) as string,
  'Hint: Free some space and run the command again',
  '',
];

describe.skipIf(!isRoot).each(Object.entries(GIVERS))(
  'the disk fills up while the approval of %s is waited for',
  (_, startGiver) => {
    test('the session is revoked, as far as that can be done; whoever joined is told of the disk, too', async () => {
      const giver = await startGiver();
      const { user, logIn } = smallDisk(giver);
      const first = logIn();
      await first.waitFor(/Waiting for approval/);
      const [, shown = ''] = await first.waitFor(SHOWN[giver.program]);
      const second = logIn();
      await second.waitFor(/Waiting for approval/);
      fill(user.homes.beamd);
      await giver.server.approve(shown);
      const [ours, theirs] = [await first.done, await second.done].map(({ stderr }) => stderr.split('\n').slice(-4));
      const said = fullDisk(giver);
      expect([ours, theirs]).toEqual([said, [expect.not.stringMatching(/just obtained/), ...said.slice(1)]]);
      expect([(await first.done).code, (await second.done).code]).toEqual([1, 1]);
      expect(giver.live() ?? 0).toBe(0);
    });

    test('so it is with a login that is resumed', async () => {
      const giver = await startGiver();
      const { user, words } = smallDisk(giver);
      const begun = await user.run(giver.program, [...words, '--no-wait', '--json']);
      const { id, user_code: code, verification_uri: page } = v.parse(begunLoginSchema, JSON.parse(begun.stdout));
      const resumed = user.start(giver.program, ['login', '--resume', id]);
      await resumed.waitFor(/Waiting for approval/);
      fill(user.homes.beamd);
      await giver.server.approve(code ?? page);
      const { code: exit, stderr } = await resumed.done;
      expect([exit, stderr.split('\n').slice(-4)]).toEqual([1, fullDisk(giver)]);
      expect(giver.live() ?? 0).toBe(0);
    });
  },
);

test('a session that comes with an edge that cannot be used is revoked; whoever joined is told why, too', async () => {
  const edge = keep(await startBeamAuthEdge({ edge: 'http://edge.example.com' }));
  const user = keep(createCliUser());
  const logIn = () => user.start('beamd', ['login', '--server', edge.origin]);
  const first = logIn();
  await first.waitFor(/Waiting for approval/);
  const [, code = ''] = await first.waitFor(SHOWN.beamd);
  const second = logIn();
  await second.waitFor(/Waiting for approval/);
  await edge.approve(code);
  const [ours, theirs] = [await first.done, await second.done];
  const error = `Error: The token answer of ${edge.origin} names an edge that cannot be used`;
  const revoked = 'The session just obtained was revoked again; nothing was saved';
  expect([ours.code, theirs.code]).toEqual([5, 5]);
  expect(ours.stderr).toContain(`${revoked}\n${error}\n`);
  expect(theirs.stderr).toContain(`${error}\n`);
  expect(theirs.stderr).not.toContain(revoked);
  expect([edge.liveSessions(), edge.counters.revocations]).toEqual([0, 1]);
});

describe('a second file that cannot be written after the login', () => {
  test('the configuration of beamd: the login and the logout are done, and say so', async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    mkdirSync(user.homes.beamd, { mode: 0o700 });
    const running = user.start('beamd', ['login', '--server', edge.origin]);
    const [, code = ''] = await running.waitFor(SHOWN.beamd);
    // Whatever was looked at before, it is so only now.
    writeFileSync(join(user.homes.beamd, 'config'), 'current: [\n', { mode: 0o600 });
    await edge.approve(code);
    const login = await running.done;
    const unsettled = `what the current server is could not be settled: ${join(user.homes.beamd, 'config')}`;
    expect([login.code, login.stdout]).toEqual([
      0,
      `✓ Logged in to ${edge.origin} as alice@example.com\nDefault org alice; others: acme, widgets\n`,
    ]);
    expect(login.stderr).toContain(`! You are logged in, but ${unsettled}`);
    expect((await user.beamd('token', '--server', edge.origin)).code).toBe(0);
    const logout = await user.beamd('logout', '--server', edge.origin);
    expect([logout.code, edge.liveSessions()]).toEqual([0, 0]);
    expect(logout.stderr).toContain(`! You are logged out, but ${unsettled}`);
  });

  test('the home of runbeam: the login is done, and only beside an earlier one that matters', async () => {
    const cloud = keep(await startRunbeamCloud());
    const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
    writeFileSync(user.homes.runbeam, '');
    const login = await logInToCloud(user, cloud);
    expect(login.stderr).not.toContain(user.homes.runbeam);
    expect((await user.runbeam('verify')).code).toBe(0);
  });
});

test('with nobody there: which host, and that nothing listens', async () => {
  const [edge, cloud] = [await startBeamAuthEdge(), await startRunbeamCloud()];
  await edge.close();
  await cloud.close();
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  const end = (host: string, next: string) => ({
    code: 5,
    stdout: '',
    stderr: `Error: Cannot reach ${host}: nothing listens there\nRun: ${next}\n`,
  });
  const [ours, theirs] = [edge, cloud].map(({ host, port }) => `${host}:${port}`);
  expect(await user.beamd('login', '--server', edge.origin)).toEqual(end(String(ours), 'beamd doctor'));
  expect(await user.runbeam('login')).toEqual(end(String(theirs), 'runbeam doctor'));
});
