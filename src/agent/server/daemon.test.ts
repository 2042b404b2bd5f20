/** When an agent ends by itself: as soon as it is not where its clients come to any more. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { accountFile, accountsFolder, agentsFolder, type Homes } from '../../store/paths.ts';
import { NOWHERE, memoryWork } from '../agent.testing.ts';
import { connectAgent } from '../client/client.ts';
import { answerWith } from '../protocol/calls.ts';
import { agentSocket, type SocketPath } from '../protocol/socket-path.ts';
import { JOBS } from '../protocol/wire.ts';
import { runDaemon } from './daemon.ts';

const KEY = 'edge.example.com';

let homes: Homes;
let path: SocketPath;
let stop: AbortController;
let umask: number;
let ended: Promise<boolean>;

beforeEach(async () => {
  umask = process.umask(0o077);
  const user = mkdtempSync(join(tmpdir(), 'd-'));
  homes = { user, beamd: join(user, '.beamd'), runbeam: join(user, '.runbeam') };
  mkdirSync(accountsFolder(homes), { recursive: true });
  stop = new AbortController();
  path = await agentSocket(homes, KEY);
});

afterEach(async () => {
  stop.abort();
  await ended;
  process.umask(umask);
  rmSync(homes.user, { recursive: true, force: true });
});

async function start(tick: number): Promise<void> {
  const work = memoryWork(accountFile(homes, KEY), systemClock);
  await new Promise<void>((onReady) => {
    const run = answerWith(JOBS, work);
    const { signal } = stop;
    ended = runDaemon({ ...NOWHERE, account: KEY, homes, clock: systemClock, run, idle: 3600, tick, onReady, signal });
  });
}

test.each<[string, () => void]>([
  ['its home was moved', () => renameSync(homes.beamd, `${homes.beamd}-moved`)],
  ['its home was removed', () => rmSync(homes.beamd, { recursive: true })],
  ['its home was removed with everything above it', () => rmSync(homes.user, { recursive: true })],
  ['its folder was removed', () => rmSync(agentsFolder(homes), { recursive: true })],
  ['its socket was removed', () => rmSync(path.socket)],
  [
    'something else is in the place of its socket',
    () => {
      renameSync(path.socket, `${path.socket}-moved`);
      writeFileSync(path.socket, '');
    },
  ],
  ['its clients go elsewhere, since another program was here', () => writeFileSync(`${path.base}.sock.lock`, '')],
  ['its account was removed', () => rmSync(accountFile(homes, KEY))],
])('an agent ends when %s', async (_, happen) => {
  await start(10);
  happen();
  expect(await ended).toBe(true);
});

test('one that is in its place stays, however often it looks', async () => {
  await start(1);
  const agent = await connectAgent(path, systemClock);
  if (typeof agent === 'string') throw new Error(agent);
  for (let round = 0; round < 20; round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect((await agent.hello()).pid).toBe(process.pid);
  }
  agent.close();
});

test('one that is asked for an account it does not find looks at once', async () => {
  await start(3_600_000);
  const agent = await connectAgent(path, systemClock);
  if (typeof agent === 'string') throw new Error(agent);
  renameSync(homes.beamd, `${homes.beamd}-moved`);
  await expect(agent.token()).rejects.toMatchObject({ code: 'login_required' });
  agent.close();
  expect(await ended).toBe(true);
});
