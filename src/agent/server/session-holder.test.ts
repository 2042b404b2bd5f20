import { mkdtempSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BeamError } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import type { Work } from '../protocol/agent.ts';
import { SessionHolder } from './session-holder.ts';
import type { Given, Wanted } from './wanted.ts';
import { NOWHERE, memoryWork, ownClock, randomSecret, type MemoryWork, type OwnedClock } from '../agent.testing.ts';

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

  const token = async (): Promise<string | undefined> => (await session.fresh()).session.accessToken?.reveal();
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

  const tokenFor = async (wanted: Wanted): Promise<{ token: string | undefined; unmet: Given['unmet'] }> => {
    const given = await session.fresh(wanted);
    return { token: given.session.accessToken?.reveal(), unmet: given.unmet };
  };

  it('is refreshed early for those whose token a server refused, once, and not while it is new', async () => {
    const first = await token();
    const refused = new Secret(first ?? '');
    clock.advance(29);
    expect(await tokenFor({ refused })).toEqual({ token: first, unmet: { why: 'too_soon' } });
    clock.advance(1);
    expect(await tokenFor({ refused: randomSecret() })).toEqual({ token: first, unmet: undefined });
    const got = await Promise.all([tokenFor({ refused }), tokenFor({ refused })]);
    expect(got).toEqual(Array(2).fill({ token: stored(), unmet: undefined }));
    expect(await tokenFor({ refused })).toEqual({ token: stored(), unmet: undefined });
    expect(work.calls.refreshes).toBe(1);
  });

  it('asks a server that refuses every token at most twice a minute', async () => {
    for (let second = 0; second < 600; second += 1) {
      const refused = new Secret((await token()) ?? '');
      await Promise.all([tokenFor({ refused }), tokenFor({ refused, refresh: true }), tokenFor({ minTtl: 7200 })]);
      clock.advance(1);
    }
    expect(work.calls.refreshes).toBe(19);
  });

  it('is refreshed for whoever asks for that, once for all of them, and not while it is new', async () => {
    const first = await token();
    expect(await tokenFor({ refresh: true })).toEqual({ token: first, unmet: { why: 'too_soon' } });
    clock.advance(30);
    const got = await Promise.all([tokenFor({ refresh: true }), tokenFor({ refresh: true }), tokenFor({})]);
    expect(got).toEqual(
      [{ token: stored() }, { token: stored() }, { token: first }].map((one) => ({ ...one, unmet: undefined })),
    );
    expect(work.calls.refreshes).toBe(1);
  });

  it('is refreshed for whoever needs it to last longer than it does', async () => {
    const first = await token();
    clock.advance(3000);
    expect(await tokenFor({ minTtl: 600 })).toEqual({ token: first, unmet: undefined });
    expect(await tokenFor({ minTtl: 601 })).toEqual({ token: stored(), unmet: undefined });
    expect(work.calls.refreshes).toBe(1);
  });

  it('is refreshed at half of its life for whoever needs it to last longer than any, and says so', async () => {
    const first = await token();
    clock.advance(1800);
    expect(await tokenFor({ minTtl: 7200 })).toEqual({ token: first, unmet: { why: 'short_lived' } });
    clock.advance(1);
    expect(await tokenFor({ minTtl: 7200 })).toEqual({ token: stored(), unmet: { why: 'short_lived' } });
    expect(work.calls.refreshes).toBe(1);
  });

  it.each<[string, Wanted]>([
    ['a refused token', { refused: new Secret('') }],
    ['a wish for another one', { refresh: true }],
    ['a wish for a longer one', { minTtl: 3000 }],
  ])('that cannot be refreshed is given out as it is for %s', async (_, wish) => {
    work.stored = work.stored && { ...work.stored, renewable: false };
    const first = await token();
    clock.advance(900);
    const wanted = wish.refused === undefined ? wish : { refused: new Secret(first ?? '') };
    expect(await tokenFor(wanted)).toEqual({ token: first, unmet: { why: 'not_renewable' } });
    expect(await session.held(wanted)).toMatchObject({ unmet: { why: 'not_renewable' } });
    expect(work.calls.refreshes).toBe(0);
  });

  it('says why a wish was not met when the refresh failed, and tries no more often for it', async () => {
    const first = await token();
    clock.advance(60);
    work.failures = [offline(), new Error('not ours')];
    const failed = { why: 'failed', code: 'network', problem: 'edge.example.com cannot be reached' };
    expect(await tokenFor({ refresh: true })).toEqual({ token: first, unmet: failed });
    expect(await tokenFor({ minTtl: 3600 })).toEqual({ token: first, unmet: failed });
    expect(work.calls.refreshes).toBe(1);
    clock.advance(1);
    expect(await tokenFor({ refresh: true })).toEqual({ token: first, unmet: { why: 'failed' } });
    clock.advance(2);
    expect(await tokenFor({ refresh: true })).toEqual({ token: stored(), unmet: undefined });
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
    const elsewhere = new SessionHolder({
      ...deps,
      surroundings: { network: 'n', settings: 'proxy', desktop: '', gateways: '' },
    });
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
    expect((await session.held()).session.accessToken?.reveal()).toBe(first);
    for (const wanted of [{ minTtl: 90 }, { refresh: true }, { refused: new Secret(first ?? '') }]) {
      await expect(session.held(wanted)).rejects.toMatchObject({ code: 'agent_unavailable' });
    }
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
      message: 'Your session on edge.example.com ended at 2026-01-01T01:00:00Z',
      hint: { command: 'beamd login --server edge.example.com' },
      at: endedAt,
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
    expect(given.session.accessToken?.reveal()).toBe(stored());
    expect(given.session.expiresAt).toBe(clock.now() / 1000 + 3600);
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
