import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BeamError } from '../../errors.ts';
import { SessionHolder } from './session-holder.ts';
import { NOWHERE, memoryWork, ownClock, type MemoryWork, type OwnedClock } from '../agent.testing.ts';

const DAY = 86_400;

describe('a session whose clock does not run evenly', () => {
  let folder: string;
  let clock: OwnedClock;
  let work: MemoryWork;
  let session: SessionHolder;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'session-'));
    const file = join(folder, 'account.yaml');
    clock = ownClock();
    work = memoryWork(file, clock);
    session = new SessionHolder({
      ...NOWHERE,
      account: 'edge.example.com',
      file,
      clock,
      work,
      random: () => 0.5,
      network: () => 'home',
    });
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** The agent's tick, and a call now and then, for some time. */
  async function live(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 30) {
      clock.advance(30);
      await session.refreshAhead();
      if (second % 300 === 0) await session.fresh();
    }
  }

  it.each([30, -30])('jumping %i days costs a refresh or two, and the session lives on', async (days) => {
    await session.fresh();
    clock.advance(days * DAY);
    expect((await session.fresh()).session.accessToken).toBeDefined();
    await live(600);
    expect(work.calls.refreshes).toBeLessThanOrEqual(2);
    clock.advance(-days * DAY);
    expect((await session.fresh()).session.accessToken).toBeDefined();
    await live(2 * 3600);
    expect(work.calls.refreshes).toBeLessThanOrEqual(8);
  });

  it('asleep for a night is refreshed once at the first tick', async () => {
    await session.fresh();
    clock.advance(9 * 3600);
    await Promise.all([session.refreshAhead(), session.fresh(), session.fresh()]);
    expect(work.calls.refreshes).toBe(1);
  });

  it('makes at most 300 requests in 24 hours without a server, however often it is asked, and none ends it', async () => {
    work.failures = Array.from({ length: 10_000 }, () => new BeamError('network', 'edge.example.com cannot be reached'));
    for (let second = 0; second < DAY; second += 30) {
      clock.advance(30);
      await session.refreshAhead();
      for (let call = 0; call < 3; call += 1) {
        const outcome = await session.fresh().then(
          () => 'token',
          (error: unknown) => (error instanceof BeamError ? error.code : 'other'),
        );
        expect(outcome).toBe(clock.now() / 1000 < (work.stored?.expiresAt ?? 0) ? 'token' : 'network');
      }
    }
    expect(work.calls.refreshes).toBeLessThanOrEqual(300);
    work.failures = [];
    clock.advance(720);
    expect((await session.fresh()).session.accessToken?.reveal()).toBe(work.stored?.accessToken?.reveal());
  });
});
