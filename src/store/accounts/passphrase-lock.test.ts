import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../secret.ts';
import { createAccountStore } from './account-store.ts';
import { nextAttempt } from './passphrase-lock.ts';
import { accountFile, type Homes } from '../paths.ts';
import type { Account, AccountStore, PassphraseLock } from './account.ts';
import { failure } from '../../errors.testing.ts';

const KEY = 'edge.example.com';

const random = (): Secret => new Secret(randomBytes(18).toString('base64url'));

describe('attempts at a passphrase', () => {
  it('are free three times, then double the wait to a quarter of an hour', () => {
    let lock: PassphraseLock = { failures: 0 };
    let now = 1_000;
    const waits: number[] = [];
    for (let attempt = 0; attempt < 16; attempt += 1) {
      lock = nextAttempt(lock, { server: KEY }, now);
      waits.push((lock.notBefore ?? now) - now);
      now = lock.notBefore ?? now;
    }
    expect(waits).toEqual([0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]);
    expect(lock.failures).toBe(16);
  });

  it('are refused while the wait lasts, which a clock set back does not lengthen', async () => {
    const lock = { failures: 5, notBefore: 2_000 };
    const refused = { code: 'locked', message: `Too many wrong passphrases for the account on ${KEY}` };
    expect(await failure(() => nextAttempt(lock, { server: KEY }, 1_990.5))).toEqual({
      ...refused,
      hint: { text: 'try again in 10 s' },
    });
    expect(nextAttempt(lock, { server: KEY }, 2_000)).toEqual({ failures: 6, notBefore: 2_008 });
    expect(await failure(() => nextAttempt(lock, { server: KEY }, -1_000_000))).toEqual({
      ...refused,
      hint: { text: 'try again in 900 s' },
    });
  });
});

describe('a locked account', () => {
  const account: Account = {
    key: KEY,
    server: KEY,
    provider: 'edge',
    kind: 'session',
    dialect: 'beam-auth',
    scopes: [{ slug: 'alice' }],
    storage: 'age',
  };
  const token = random();
  const passphrase = random();
  let homes: Homes;
  let store: AccountStore;
  let now: number;

  beforeEach(async () => {
    const user = mkdtempSync(join(tmpdir(), 'locked-'));
    homes = { user, beamd: join(user, '.beamd'), runbeam: join(user, '.runbeam') };
    now = Date.UTC(2026, 0, 1);
    const clock = { now: () => now, elapsed: () => now, sleep: () => Promise.resolve() };
    store = createAccountStore({ homes, clock, env: {}, storage: 'age' });
    await store.save(account, { accessToken: token, refreshToken: random(), expiresAt: 2_000_000_000 });
    await store.withLock(KEY, (locked) => locked.lock(passphrase));
  });

  afterEach(() => {
    rmSync(homes.user, { recursive: true });
  });

  const unlock = (given: Secret): Promise<boolean> => store.withLock(KEY, (locked) => locked.unlock(given));
  const reveal = async (): Promise<string | undefined> => (await store.credential(account))?.accessToken.reveal();

  it('gives no credential, keeps what else it is, and its key file alone does not open it', async () => {
    expect(await failure(() => store.credential(account))).toEqual({
      code: 'locked',
      message: 'The account on edge.example.com is locked',
      hint: { command: 'beamd agent unlock --server edge.example.com' },
    });
    expect(await store.read(KEY)).toEqual({ ...account, locked: { failures: 0 } });
    const text = readFileSync(accountFile(homes, KEY), 'utf8');
    const armored = /-----BEGIN AGE ENCRYPTED FILE-----([\s\S]*)-----END/.exec(text)?.[1]?.replaceAll(/\s/g, '') ?? '';
    expect(Buffer.from(armored, 'base64').toString('latin1')).toMatch(/^age-encryption\.org\/v1\n-> scrypt /);
  });

  it('opens with its passphrase, as it was', async () => {
    expect(await unlock(passphrase)).toBe(true);
    expect(await reveal()).toBe(token.reveal());
    expect(await store.read(KEY)).toEqual(account);
    expect(await unlock(passphrase)).toBe(false);
  });

  it('stays locked for a wrong one, counts it, and makes the fifth wait', async () => {
    await store.update(KEY, (current) => ({ ...current, locked: { failures: 3 } }));
    expect(await failure(() => unlock(random()))).toEqual({
      code: 'wrong_passphrase',
      message: 'That is not the passphrase of the account on edge.example.com',
      hint: { command: 'beamd agent unlock --server edge.example.com' },
    });
    expect((await store.read(KEY))?.locked).toEqual({ failures: 4, notBefore: now / 1000 + 2 });
    expect(await failure(() => unlock(passphrase))).toMatchObject({ code: 'locked', hint: { text: 'try again in 2 s' } });
    now += 2_000;
    expect(await unlock(passphrase)).toBe(true);
    expect(await reveal()).toBe(token.reveal());
  });

  it('keeps its lock through a change of org, and loses it to a new login', async () => {
    await store.update(KEY, (current) => ({ ...current, defaultScope: 'alice' }));
    expect(await failure(() => store.credential(account))).toMatchObject({ code: 'locked' });
    const next = random();
    await store.save(account, { accessToken: next });
    expect(await reveal()).toBe(next.reveal());
    expect(await store.read(KEY)).toEqual(account);
  });

  it('cannot be locked twice', async () => {
    expect(await failure(() => store.withLock(KEY, (locked) => locked.lock(random())))).toMatchObject({ code: 'locked' });
    expect(await unlock(passphrase)).toBe(true);
  });
});
