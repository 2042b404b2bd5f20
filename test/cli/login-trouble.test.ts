/** A login where there is no disk to write to, or nobody to ask: nothing is begun, and nothing is left alive that nobody has. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startRunbeamCloud } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { fill, mountDisk } from '../support/disk.ts';

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

test.skipIf(!isRoot)(
  'the disk fills up while the approval is waited for: the session is revoked, whoever joined is told, too',
  async () => {
    const edge = keep(await startBeamAuthEdge());
    const user = keep(createCliUser());
    keep(mountDisk(user.homes.beamd, 512));
    const first = user.start('beamd', ['login', '--server', edge.origin]);
    await first.waitFor(/Waiting for approval/);
    const [, code = ''] = await first.waitFor(/enter the code (\S+)\n/);
    const second = user.start('beamd', ['login', '--server', edge.origin]);
    await second.waitFor(/Waiting for approval/);
    fill(user.homes.beamd);
    await edge.approve(code);
    const ends = [await first.done, await second.done].map(({ code: exit, stderr }) => [exit, stderr.split('\n').slice(-4)]);
    const error = expect.stringMatching(/^Error: Cannot write \S+: the disk is full$/);
    const hint = 'Hint: Free some space and run the command again';
    expect(ends).toEqual([
      [1, ['The session just obtained was revoked again; nothing was saved', error, hint, '']],
      [1, [expect.any(String), error, hint, '']],
    ]);
    expect(edge.liveSessions()).toBe(0);
  },
);

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
