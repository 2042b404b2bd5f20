/** The key set that processes share: every `remoteKeySet` here stands for a process of its own. */
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock, type Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { failure } from '../../errors.testing.ts';
import { mockNetwork, type Answer, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { keySetFile, type Homes } from '../../store/paths.ts';
import { tempHomes } from '../../store/temp-home.testing.ts';
import { http, tickingClock, type TickingClock } from '../auth.testing.ts';
import { remoteKeySet } from './jwks.ts';
import { keptKeySet } from './kept-key-set.ts';

const network = mockNetwork();
const CALL = 'GET /api/.well-known/jwks.json';
const KEY = 'api.example.com';
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' };

let homes: Homes;
let answers: Answers;
let server: MockedServer;
let clock: TickingClock;
let url: string;

beforeEach(() => {
  homes = tempHomes();
  answers = { [CALL]: keysOf('one') };
  server = network.serve(`https://${KEY}`, answers);
  url = `${server.origin}${CALL.slice(4)}`;
  // As jose has it: it compares with the time of this machine.
  clock = tickingClock(Date.now());
});

const keysOf = (...kids: readonly string[]): Answer => [200, { keys: kids.map((kid) => ({ ...jwk, kid })) }];
const file = (): string => keySetFile(homes, KEY);

/** Looks for a key in a new process: `found`, `unknown`, or the code of the error. */
async function find(kid: string, ttl = 3_600, time: Clock = clock): Promise<string> {
  const source = (fetch: () => Promise<string>): ReturnType<typeof keptKeySet> =>
    keptKeySet({ homes, clock: time, key: KEY, url, ttl, fetch });
  const keys = await remoteKeySet(url, { http, clock: time, ttl, source });
  try {
    await keys({ alg: 'RS256', kid }, { payload: '', signature: '' });
    return 'found';
  } catch (error) {
    return error instanceof BeamError ? error.code : 'unknown';
  }
}

describe('one fetch for all processes', () => {
  test('within the time to live, and one for an unknown kid, but not within 30 s', async () => {
    expect([await find('one'), await find('one'), await find('two')]).toEqual(['found', 'found', 'unknown']);
    expect(server.asked.length).toBe(1);
    answers[CALL] = keysOf('two');
    clock.advance(29.9);
    expect([await find('two'), server.asked.length]).toEqual(['unknown', 1]);
    clock.advance(0.1);
    expect([await find('two'), await find('three'), server.asked.length]).toEqual(['found', 'unknown', 2]);
    clock.advance(3_600);
    expect([await find('two'), server.asked.length]).toEqual(['found', 3]);
  });

  test('failures are shared, too, and older keys are kept through them', async () => {
    answers[CALL] = [503, {}];
    expect([await find('one'), await find('one'), server.asked.length]).toEqual(['server_error', 'server_error', 1]);
    answers[CALL] = keysOf('one');
    clock.advance(30);
    expect([await find('one'), server.asked.length]).toEqual(['found', 2]);
    answers[CALL] = 'reset';
    clock.advance(30);
    expect([await find('two'), await find('one'), await find('two'), server.asked.length]).toEqual([
      'network',
      'found',
      'unknown',
      3,
    ]);
  });

  test('a time to live of nothing asks once in 30 s all the same', async () => {
    for (let index = 0; index < 5; index++) expect(await find('one', 0)).toBe('found');
    expect(server.asked.length).toBe(1);
  });

  test('many at once', async () => {
    const found = await Promise.all(Array.from({ length: 20 }, () => find('one', 3_600, systemClock)));
    expect([new Set(found), server.asked.length]).toEqual([new Set(['found']), 1]);
  });

  test('who waits for an answer that does not come waits 3 s, and does not ask', async () => {
    writeKept({ url, asked_at: clock.now() });
    const before = clock.now();
    expect([await find('one'), server.asked.length]).toEqual(['timeout', 0]);
    // By a clock that the waiting itself moves: the pauses, and a few for the lock.
    expect(Math.floor((clock.now() - before) / 100)).toBe(30);
  });

  test('says when the server is asked again', async () => {
    answers[CALL] = [404, {}];
    await find('one');
    clock.advance(10);
    const fetch = (): Promise<string> => Promise.reject(new Error('asked'));
    const kept = keptKeySet({ homes, clock, key: KEY, url, ttl: 1, fetch });
    expect(await failure(() => kept.get(false))).toEqual({
      code: 'not_found',
      message: `${KEY} gave no keys a moment ago, and is asked again in 20 s`,
    });
  });
});

function writeKept(value: unknown): void {
  mkdirSync(dirname(file()), { recursive: true, mode: 0o700 });
  writeFileSync(file(), typeof value === 'string' ? value : JSON.stringify(value), { mode: 0o600 });
}

const good = (more: object = {}): object => ({
  url,
  asked_at: clock.now() - 1_000,
  fetched_at: clock.now() - 1_000,
  keys: [{ ...jwk, kid: 'planted' }],
  ...more,
});

describe('the file', () => {
  test('is private, and holds what the server published', async () => {
    const before = clock.now();
    await find('one');
    expect([statSync(file()).mode & 0o777, statSync(dirname(file())).mode & 0o777]).toEqual([0o600, 0o700]);
    const { fetched_at: fetchedAt, ...rest } = JSON.parse(readFileSync(file(), 'utf8')) as Record<string, unknown>;
    expect(rest).toEqual({ url, asked_at: before, keys: [jwk] });
    // The lock waits by the same clock.
    expect(Number(fetchedAt) - before).toBeLessThan(1_000);
  });

  test('that is good counts', async () => {
    writeKept(good());
    expect([await find('planted'), server.asked.length]).toEqual(['found', 0]);
  });

  test.each<[string, () => unknown]>([
    ['of another address', () => good({ url: 'https://elsewhere.example/api/.well-known/jwks.json' })],
    ['without a time', () => good({ asked_at: 'now' })],
    ['of the future', () => good({ asked_at: clock.now() + 1e9, fetched_at: clock.now() + 1e9 })],
    ['with keys that are none', () => good({ keys: 7, asked_at: 0 })],
    ['that is no object', () => '[1]'],
    ['that is no JSON', () => '{"url":'],
    ['that is empty', () => ''],
    ['that is too large', () => good({ more: 'x'.repeat(400_000) })],
    ['that is nested', () => '['.repeat(100_000)],
  ])('%s is none: the server is asked, and the file made good', async (_, value) => {
    writeKept(value());
    expect([await find('planted'), await find('one'), server.asked.length]).toEqual(['unknown', 'found', 1]);
  });

  test('that others can write, or that is a link, is none', async () => {
    writeKept(good());
    chmodSync(file(), 0o666);
    expect([await find('one'), statSync(file()).mode & 0o777]).toEqual(['found', 0o600]);
    const elsewhere = join(homes.user, 'elsewhere.json');
    writeFileSync(elsewhere, JSON.stringify(good()), { mode: 0o600 });
    const other = keySetFile(homes, 'other.example.com');
    symlinkSync(elsewhere, other);
    const deps = { homes, clock, key: 'other.example.com', url, ttl: 3_600 };
    const text = JSON.stringify({ keys: [jwk] });
    expect(await keptKeySet({ ...deps, fetch: () => Promise.resolve(text) }).get(false)).toBe(text);
    expect(JSON.parse(readFileSync(elsewhere, 'utf8'))).toEqual(JSON.parse(JSON.stringify(good())));
  });

  test('that cannot be kept costs a request each, and no error', async () => {
    writeFileSync(homes.runbeam, 'in the way');
    expect([await find('one'), await find('one'), server.asked.length]).toEqual(['found', 'found', 2]);
  });
});
