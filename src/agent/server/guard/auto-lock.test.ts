import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../../../errors.testing.ts';
import { BeamError } from '../../../errors.ts';
import { memoryWork, NOWHERE, ownClock, type MemoryWork, type OwnedClock } from '../../agent.testing.ts';
import type { LoadedSession } from '../../protocol/agent.ts';
import type { LockReason } from './auto-lock.ts';
import { SessionHolder } from '../session-holder.ts';

const LOCKED = {
  code: 'locked',
  message: 'The account on edge.example.com is locked',
  hint: { command: 'beamd agent unlock --server edge.example.com' },
};

let folder: string;
let clock: OwnedClock;
let work: MemoryWork;
let session: SessionHolder;
let locks: LockReason[];

const seconds = (): number => clock.now() / 1000;
/** Sets up, as another process does, what the account locks itself by. */
function arm(autoLock: Omit<NonNullable<LoadedSession['account']['autoLock']>, 'since'>): void {
  if (work.stored === undefined) throw new Error('nothing is stored');
  work.stored = { ...work.stored, account: { ...work.stored.account, autoLock: { ...autoLock, since: seconds() } } };
  work.touch();
}
const tick = (): Promise<void> => session.refreshAhead();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'auto-lock-'));
  clock = ownClock();
  const file = join(folder, 'account.yaml');
  work = memoryWork(file, clock, 365 * 86_400);
  work.touch();
  locks = [];
  session = new SessionHolder({
    ...NOWHERE,
    account: 'edge.example.com',
    file,
    clock,
    work,
    random: () => 0,
    network: () => 'home',
    onLock: (reason) => void locks.push(reason),
  });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('an account that locks itself', () => {
  beforeEach(async () => {
    await session.fresh();
  });

  it('gives its last token in the second before, and is sealed once for all who come after', async () => {
    arm({ after: 8 * 3600 });
    clock.advance(8 * 3600 - 1);
    await session.fresh();
    expect(session.locksItself).toBe(true);
    clock.advance(1);
    const all = await Promise.all([1, 2, 3].map(() => failure(() => session.fresh())));
    expect(all).toEqual([LOCKED, LOCKED, LOCKED]);
    expect([await failure(() => session.held()), work.locked, locks]).toEqual([LOCKED, 2, ['time', 'time']]);
    expect(session.locksItself).toBe(false);
  });

  it('is sealed on a tick where nobody asks, and where the clock was set back before it was set up', async () => {
    arm({ after: 3600 });
    clock.advance(3599);
    await tick();
    expect(work.locked).toBe(0);
    clock.advance(1);
    await tick();
    expect(work.locked).toBe(1);
    arm({ after: 3600 });
    clock.advance(-59);
    await tick();
    expect(work.locked).toBe(1);
    clock.advance(-2);
    await tick();
    expect(work.locked).toBe(2);
  });

  it.each<[string, () => void, number]>([
    ['a clock that was set a little', () => clock.suspend(9), 0],
    ['a sleep', () => clock.suspend(11), 1],
    ['a sleep of days', () => clock.suspend(300_000), 1],
    ['no tick for two minutes, as where both clocks go on', () => clock.advance(121), 1],
    ['a tick that is late', () => clock.advance(119), 0],
    ['a clock that was set back', () => clock.suspend(-3_000), 0],
  ])('is sealed after %s, or not', async (_, sleep, sealed) => {
    arm({ onSuspend: true });
    await tick();
    clock.advance(30);
    await tick();
    sleep();
    await tick();
    expect(work.locked).toBe(sealed);
  });

  it('is refused to whoever asks before the first tick, until it is unlocked', async () => {
    arm({ onSuspend: true });
    await tick();
    clock.suspend(60);
    expect(await failure(() => session.fresh())).toEqual(LOCKED);
    expect(locks).toEqual(['suspend']);
    arm({ onSuspend: true });
    await session.fresh();
    await tick();
    expect(work.locked).toBe(1);
  });

  it('gives nothing while it cannot be sealed, says why, and goes on trying', async () => {
    arm({ onSuspend: true });
    await tick();
    clock.suspend(60);
    const full = new BeamError('storage_full', 'The disk is full', { hint: { command: 'df -h ~' } });
    work.locks.push(full, new Error('not ours'));
    const said = (why: string) => `The account locks itself, and its session could not be sealed yet: ${why}`;
    const first = { code: 'locked', message: said('The disk is full'), hint: { command: 'df -h ~' } };
    expect(await failure(() => session.fresh())).toEqual(first);
    expect(await failure(() => session.fresh())).toEqual({ code: 'locked', message: said('the worker failed') });
    expect([work.locked, locks]).toEqual([0, []]);
    await tick();
    expect([work.locked, locks]).toEqual([1, ['suspend']]);
  });

  it('gives no token that a refresh brought after its time', async () => {
    arm({ after: 3600 });
    const { refresh } = work;
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    Object.assign(work, { refresh: async (...params: Parameters<typeof refresh>) => (await asked, refresh(...params)) });
    clock.advance(40);
    const late = failure(() => session.fresh({ refresh: true }));
    clock.advance(3600);
    answer();
    expect(await late).toEqual(LOCKED);
  });
});
