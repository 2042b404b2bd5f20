/** A full disk and a read-only home: nothing that is stored is harmed, nothing is rotated that cannot be stored. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, type TestContext } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { accountFile } from '../../src/store/paths.ts';
import { isRoot, keyOf } from '../support/agent.ts';
import { fill, free, mountDisk } from '../support/disk.ts';
import { figure } from '../support/measure.ts';
import { expireSession, logIn, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type Ran, type CliUser } from '../support/cli-user.ts';

interface Home {
  readonly user: CliUser;
  /** Where the token is valid for an hour, and where it has expired and would be refreshed. */
  readonly valid: BeamAuthEdge;
  readonly expired: BeamAuthEdge;
  readonly folder: string;
  /** Contents of both account files. */
  readonly stored: () => string[];
}

async function homeOnOwnDisk(context: TestContext): Promise<Home> {
  const keep = cleanup(context.onTestFinished);
  const valid = keep(await startBeamAuthEdge());
  const expired = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  const folder = join(user.home, '.beamd');
  keep(mountDisk(folder, 512));
  await logIn(user, valid);
  await logIn(user, expired);
  await expireSession(user, expired);
  const stored = (): string[] => [valid, expired].map((edge) => readFileSync(accountFile(user.homes, keyOf(edge)), 'utf8'));
  return { user, valid, expired, folder, stored };
}

const token = (user: CliUser, edge: BeamAuthEdge): Promise<Ran> => user.beamd('token', '--server', edge.origin);

/** What failed writes could have left. */
const leftovers = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tmp'));

describe.concurrent('a disk', () => {
  test('that is full: a valid token is given, an expired one is not rotated, and no file is harmed', async (context) => {
    if (!isRoot) context.skip('needs root to mount a file system');
    const { user, valid, expired, folder, stored } = await homeOnOwnDisk(context);
    const before = stored();
    fill(folder);

    expect((await token(user, valid)).stdout).toMatch(/^bat_\S+\n$/);
    const refused = await token(user, expired);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('the disk is full');
    expect(await user.beamd('default', 'acme', '--server', valid.origin)).toMatchObject({ code: 1, stdout: '' });
    const truncated = stored().filter((text, index) => text !== before[index]).length;
    figure('full disk', { truncated, rotations: expired.counters.refreshes + valid.counters.refreshes });
    expect([truncated, expired.counters.refreshes, valid.counters.refreshes]).toEqual([0, 0, 0]);
    expect(leftovers(folder)).toEqual([]);

    free(folder);
    expect((await token(user, expired)).code).toBe(0);
    expect([expired.counters.refreshes, expired.counters.refusedRefreshes]).toEqual([1, 0]);
  });

  test('that fills while the agent runs: the same', async (context) => {
    if (!isRoot) context.skip('needs root to mount a file system');
    const { user, valid, expired, folder, stored } = await homeOnOwnDisk(context);
    for (const edge of [valid, expired]) {
      expired.faults.next('POST /token', { status: 503 });
      succeeded(await user.beamd('agent', 'start', '--server', edge.origin));
    }
    expired.faults.clear();
    const before = stored();
    fill(folder);
    expect(await token(user, valid)).toMatchObject({ code: 0, stderr: '' });
    const refused = await token(user, expired);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: expect.any(Number) as unknown, stdout: '' });
    expect(refused.code).not.toBe(0);
    expect(stored()).toEqual(before);
    expect([expired.counters.refreshes, leftovers(folder)]).toEqual([0, []]);
    free(folder);
  });

  test('that is read-only: a valid token is given, an expired one is not rotated, and the error says why', async (context) => {
    if (!isRoot) context.skip('needs root to mount a file system');
    const { user, valid, expired, folder, stored } = await homeOnOwnDisk(context);
    const before = stored();
    execFileSync('mount', ['-o', 'remount,ro', folder]);

    const given = await token(user, valid);
    expect(given.stdout).toMatch(/^bat_\S+\n$/);
    expect(given.stderr).toBe('No agent can be started here; this command works without one.\n');
    const refused = await token(user, expired);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 1, stdout: '' });
    expect(refused.stderr).toContain('the file system is read-only');
    expect(refused.stderr).toContain(folder);
    figure('read-only home', {
      truncated: stored().filter((text, index) => text !== before[index]).length,
      rotations: expired.counters.refreshes,
    });
    expect([stored(), expired.counters.refreshes]).toEqual([before, 0]);

    execFileSync('mount', ['-o', 'remount,rw', folder]);
    expect((await token(user, expired)).code).toBe(0);
    expect([expired.counters.refreshes, expired.counters.refusedRefreshes]).toEqual([1, 0]);
  });
});
