import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BeamError } from '../../errors.ts';
import type { Work } from '../protocol/agent.ts';
import { SessionHolder } from './session-holder.ts';
import { NOWHERE, memoryWork, ownClock, randomSecret } from '../agent.testing.ts';
import type { MemoryWork, OwnedClock } from '../agent.testing.ts';

const offline = (): BeamError => new BeamError('network', 'edge.example.com cannot be reached');

describe('the session an agent holds', () => {
  let folder: string;
  let file: string;
  let clock: OwnedClock;
  let work: MemoryWork;
  let deps: ConstructorParameters<typeof SessionHolder>[0];
  let session: SessionHolder;
  let network: string;

  beforeEach(() => {
    network = 'home';
    folder = mkdtempSync(join(tmpdir(), 'session-'));
    file = join(folder, 'account.yaml');
    clock = ownClock();
    work = memoryWork(file, clock);
    deps = { ...NOWHERE, account: 'edge.example.com', file, clock, work, random: () => 0, network: () => network };
    session = new SessionHolder(deps);
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const token = async (): Promise<string | undefined> => (await session.fresh()).accessToken?.reveal();
  const stored = (): string | undefined => work.stored?.accessToken?.reveal();

  it('is read once, and again when the file has changed', async () => {
    expect(await token()).toBe(stored());
    expect(await token()).toBe(stored());
    expect(work.calls).toEqual({ loads: 1, refreshes: 0, checks: 0 });
    work.stored = work.stored && { ...work.stored, accessToken: randomSecret() };
    work.touch();
    expect(await token()).toBe(stored());
    expect(work.calls).toEqual({ loads: 2, refreshes: 0, checks: 0 });
  });

  it('is refreshed a minute before it ends, without reading the store again', async () => {
    clock.advance(3600 - 61);
    await session.fresh();
    expect(work.calls).toEqual({ loads: 1, refreshes: 0, checks: 0 });
    clock.advance(1);
    expect(await token()).toBe(stored());
    expect(await token()).toBe(stored());
    expect(work.calls).toEqual({ loads: 1, refreshes: 1, checks: 0 });
  });

  it('is refreshed early for those whose token a server refused, once, and not while it is new', async () => {
    const refused = (await session.fresh()).accessToken;
    clock.advance(29);
    expect((await session.fresh(refused)).accessToken).toBe(refused);
    clock.advance(1);
    expect(await session.fresh(randomSecret())).toMatchObject({ accessToken: refused });
    const got = await Promise.all([session.fresh(refused), session.fresh(refused)]);
    expect(got.map(({ accessToken }) => accessToken?.reveal())).toEqual([stored(), stored()]);
    expect((await session.fresh(refused)).accessToken?.reveal()).toBe(stored());
    expect(work.calls.refreshes).toBe(1);
  });

  it('is refreshed unasked after two thirds of its life', async () => {
    await session.refreshAhead();
    clock.advance(2399);
    await session.refreshAhead();
    expect(work.calls.refreshes).toBe(0);
    clock.advance(1);
    await session.refreshAhead();
    expect(work.calls.refreshes).toBe(1);
  });

  it('is refreshed unasked only with the network settings of its login', async () => {
    const elsewhere = new SessionHolder({ ...deps, surroundings: { network: 'n', settings: 'proxy', desktop: '' } });
    clock.advance(3599);
    await elsewhere.refreshAhead();
    expect(work.calls).toEqual({ loads: 1, refreshes: 0, checks: 0 });
    work.stored = work.stored && { ...work.stored, account: { ...work.stored.account, network: 'proxy' } };
    work.touch();
    await session.refreshAhead();
    expect(work.calls.refreshes).toBe(0);
    await elsewhere.refreshAhead();
    expect(work.calls.refreshes).toBe(1);
  });

  it('is not checked with the server once a day either where its login was not', async () => {
    work.stored = work.stored && { ...work.stored, renewable: false, account: { ...work.stored.account, network: 'proxy' } };
    delete (work.stored as { expiresAt?: number }).expiresAt;
    clock.advance(25 * 3600);
    await session.refreshAhead();
    expect(work.calls.checks).toBe(0);
  });

  it('is given out as it is held only while that needs no refresh', async () => {
    const first = await token();
    clock.advance(3600 - 61);
    expect((await session.held()).accessToken?.reveal()).toBe(first);
    clock.advance(1);
    await expect(session.held()).rejects.toMatchObject({ code: 'agent_unavailable' });
    expect(work.calls.refreshes).toBe(0);
  });

  describe('whose server takes half a minute to refresh it', () => {
    let answer: () => void;

    beforeEach(() => {
      const slow = new Promise<void>((resolve) => (answer = resolve));
      const refresh: Work['refresh'] = (params) => slow.then(() => work.refresh(params));
      session = new SessionHolder({ ...deps, work: { ...work, refresh } });
    });

    it('is given out after two seconds while it is valid, and at once from then on', async () => {
      const first = await token();
      clock.advance(3580);
      const waiting = token();
      await Promise.resolve();
      await new Promise(setImmediate);
      clock.advance(2);
      expect(await waiting).toBe(first);
      const next = token();
      await new Promise(setImmediate);
      clock.advance(0);
      expect(await next).toBe(first);
      answer();
      await new Promise(setImmediate);
      expect(await token()).toBe(stored());
      expect(await token()).not.toBe(first);
      expect(work.calls.refreshes).toBe(1);
    });

    it('is waited for once it has run out', async () => {
      const first = await token();
      clock.advance(3599);
      const waiting = token();
      await new Promise(setImmediate);
      clock.advance(2);
      const later = await Promise.race([waiting, new Promise((resolve) => setImmediate(resolve, 'waits'))]);
      expect(later).toBe('waits');
      answer();
      expect(await waiting).toBe(stored());
      expect(await waiting).not.toBe(first);
    });
  });

  it('goes on while the server is down, and is not lost when the token has run out', async () => {
    const first = await token();
    work.failures = Array.from({ length: 9 }, offline);
    clock.advance(3590);
    expect(await token()).toBe(first);
    clock.advance(10);
    await expect(session.fresh()).rejects.toMatchObject({ code: 'network' });
    work.failures = [];
    clock.advance(400);
    expect(await token()).toBe(stored());
  });

  it('does not ask a server that is down again and again', async () => {
    work.failures = Array.from({ length: 100_000 }, offline);
    clock.advance(3600);
    for (let second = 0; second < 24 * 3600; second += 10) {
      await expect(session.fresh()).rejects.toMatchObject({ code: 'network' });
      clock.advance(10);
    }
    expect(work.calls.refreshes).toBeLessThanOrEqual(300);
    expect(work.calls.refreshes).toBeGreaterThan(200);
  });

  it('waits as long as the server asks', async () => {
    work.failures = [new BeamError('server_error', 'too many requests', { retryAfter: 600 })];
    clock.advance(3600);
    for (let second = 0; second < 600; second += 10) {
      await expect(session.fresh()).rejects.toMatchObject({ code: 'server_error' });
      clock.advance(10);
    }
    expect(work.calls.refreshes).toBe(1);
    expect(await token()).toBe(stored());
    expect(work.calls.refreshes).toBe(2);
  });

  it('asks again at once on another network', async () => {
    work.failures = Array.from({ length: 20 }, offline);
    clock.advance(3600);
    for (let minute = 0; minute < 60; minute += 1) {
      await expect(session.fresh()).rejects.toMatchObject({ code: 'network' });
      clock.advance(60);
    }
    work.failures = [];
    await expect(session.fresh()).rejects.toMatchObject({ code: 'network' });
    network = 'airport';
    expect(await token()).toBe(stored());
  });

  it('ends when the server says so, and says what to type', async () => {
    clock.advance(3600);
    work.failures = [new BeamError('session_ended', 'ended')];
    await expect(session.fresh()).rejects.toMatchObject({ code: 'session_ended' });
    const endedAt = clock.now() / 1000;
    work.stored = work.stored && { account: work.stored.account, stamp: '', renewable: false, endedAt };
    work.touch();
    await expect(session.fresh()).rejects.toMatchObject({
      code: 'session_ended',
      message: 'Your session on edge.example.com ended on 2026-01-01T01:00Z',
      hint: { command: 'beamd login --server edge.example.com' },
    });
  });

  it('is gone with its file', async () => {
    await session.fresh();
    unlinkSync(file);
    await expect(session.fresh()).rejects.toMatchObject({ code: 'login_required' });
  });

  it('survives a clock that jumps thirty days either way', async () => {
    await session.fresh();
    clock.advance(30 * 86_400);
    expect(await token()).toBe(stored());
    clock.advance(-60 * 86_400);
    work.failures = [offline()];
    expect(await token()).toBe(stored());
    clock.advance(60 * 86_400);
    expect(await token()).toBe(stored());
    expect(work.calls.refreshes).toBeLessThanOrEqual(3);
  });

  it('is refreshed at most once a second for a server whose tokens are born dead', async () => {
    work.life = 0;
    clock.advance(3600);
    const tokens = new Set<string | undefined>();
    for (let call = 0; call < 50; call += 1) tokens.add(await token());
    expect(tokens.size).toBe(1);
    expect(work.calls.refreshes).toBe(1);
  });

  it('that has ended by the time it is there is refreshed once more', async () => {
    clock.advance(3600);
    const asked: unknown[] = [];
    const refresh: Work['refresh'] = async (params) => {
      asked.push(params);
      const loaded = await work.refresh(params);
      // A worker that is frozen, or waits for one that is.
      if (asked.length === 1) clock.advance(3600);
      return loaded;
    };
    const before = work.stored?.issuedAt;
    const given = await new SessionHolder({ ...deps, work: { ...work, refresh } }).fresh();
    expect(given.accessToken?.reveal()).toBe(stored());
    expect(given.expiresAt).toBe(clock.now() / 1000 + 3600);
    expect(asked).toEqual([{ olderThan: before }, { olderThan: clock.now() / 1000 - 3600 }]);
    expect(work.calls.refreshes).toBe(2);
  });

  it('that does not expire is checked with the server once a day, also while that cannot be asked', async () => {
    const { expiresAt: _, ...rest } = work.stored ?? { account: undefined };
    if (rest.account === undefined) throw new Error('nothing stored');
    work.stored = { ...rest, renewable: false };
    work.failures = [offline()];
    for (let minute = 0; minute < 3 * 24 * 60; minute += 1) {
      await session.refreshAhead();
      expect(await token()).toBe(stored());
      clock.advance(60);
    }
    expect(work.calls).toMatchObject({ refreshes: 0, checks: 2 });
    work.stored = { ...work.stored, account: { ...work.stored.account, kind: 'token' } };
    work.touch();
    clock.advance(2 * 86_400);
    await session.refreshAhead();
    expect(work.calls.checks).toBe(2);
  });

  it('without a refresh token ends at its time', async () => {
    work.stored = work.stored && { ...work.stored, renewable: false };
    clock.advance(3599);
    expect(await token()).toBe(stored());
    clock.advance(1);
    await expect(session.fresh()).rejects.toMatchObject({
      code: 'session_ended',
      message: 'Your session on edge.example.com has expired',
    });
    expect(work.calls.refreshes).toBe(0);
  });
});
