/** A full disk and a read-only home: nothing that is stored is harmed, nothing is rotated that cannot be stored. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test, type TestContext } from 'vitest';
import { startBeamAuthEdge, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { agentSocket } from '../../src/agent/protocol/socket-path.ts';
import { MAX_FRAME } from '../../src/agent/protocol/wire.ts';
import { accountFile, agentLog } from '../../src/store/paths.ts';
import { isRoot, keyOf } from '../support/agent.ts';
import { fill, free, mountDisk } from '../support/disk.ts';
import { figure } from '../support/measure.ts';
import { expireSession, logIn, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type Ran, type CliUser } from '../support/cli-user.ts';

/** Bytes, of memory and so of a disk in it. */
const PAGE = 4_096;

const TIME = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

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

/** Connects to the agent and says something that ends the connection. */
async function refused(user: CliUser, edge: BeamAuthEdge, words: string): Promise<void> {
  const { socket } = await agentSocket(user.homes, keyOf(edge));
  const client = connect(socket);
  client.on('error', () => undefined);
  client.write(words);
  await once(client, 'close');
}

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
      expired.faults.next('POST /token', { status: 503, times: Infinity });
      succeeded(await user.beamd('agent', 'start', '--server', edge.origin));
    }
    const before = stored();
    fill(folder);
    // Not before: an agent that had no answer asks again by itself.
    expired.faults.clear();
    expect(await token(user, valid)).toMatchObject({ code: 0, stderr: '' });
    const refused = await token(user, expired);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: expect.any(Number) as unknown, stdout: '' });
    expect(refused.code).not.toBe(0);
    expect(stored()).toEqual(before);
    expect([expired.counters.refreshes, leftovers(folder)]).toEqual([0, []]);
    free(folder);
  });

  test('that fills while the agent runs: the agent goes on, no line is torn, and the log says what it lacks', async (context) => {
    if (!isRoot) context.skip('needs root to mount a file system');
    const { user, valid, folder } = await homeOnOwnDisk(context);
    succeeded(await user.beamd('agent', 'start', '--server', valid.origin));
    const log = agentLog(user.homes, keyOf(valid));
    // A file grows into the rest of its last page even on a disk that is full: here, by half a line.
    const size = statSync(log).size;
    appendFileSync(log, `${'x'.repeat(PAGE - (size % PAGE) - 31)}\n`);
    const before = readFileSync(log, 'utf8');
    fill(folder);
    await refused(user, valid, 'no request\n');
    expect(readFileSync(log, 'utf8')).toBe(before);
    expect(await token(user, valid)).toMatchObject({ code: 0, stderr: '' });

    free(folder);
    await refused(user, valid, 'x'.repeat(MAX_FRAME + 1));
    const lines = readFileSync(log, 'utf8').slice(before.length).replaceAll(TIME, 'TIME');
    expect(lines).toBe('TIME not logged lines=1 since=TIME\nTIME connection refused reason=frame too long\n');
    succeeded(await user.beamd('agent', 'stop', '--server', valid.origin));
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
