/** Tokens that the real Rust SDK and this library keep for each other, in one home. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateX25519Identity } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { cleanEnv, runBin, type RunResult } from '../../../sandbox/testing.ts';
import { clearToken, loadToken, MachineToken, saveToken } from '../../../src/sdk/runbeam.ts';
import { rustPrograms } from './programs.ts';

const rust = rustPrograms();
const DAY = 86_400_000;
let home: string;
let key: string | undefined;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'rust-'));
  vi.stubEnv('RUNBEAM_HOME', join(home, '.runbeam'));
  useKey(undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

/** `RUNBEAM_ENCRYPTION_KEY`, for both sides. */
function useKey(value: string | undefined): void {
  key = value;
  vi.stubEnv('RUNBEAM_ENCRYPTION_KEY', value);
}

function env(): Record<string, string> {
  return { ...cleanEnv(home), ...(key === undefined ? {} : { RUNBEAM_ENCRYPTION_KEY: key }) };
}

/** One call of the Rust SDK, as it ended. */
function attempt(words: readonly string[], input?: unknown): Promise<RunResult> {
  const stdin = typeof input === 'string' ? input : JSON.stringify(input ?? null);
  return runBin('runbeam', words, { env: env(), stdin, command: [rust?.store ?? ''], timeout: 120_000 });
}

/** What one call of the Rust SDK gave; throws for one that failed. */
async function store(words: readonly string[], input?: unknown): Promise<unknown> {
  const { code, stdout, stderr } = await attempt(words, input);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const secret = (): string => `mt_${randomBytes(16).toString('hex')}`;
const later = (milliseconds = DAY): string => new Date(Date.now() + milliseconds).toISOString();

/** As the Rust SDK has it: no code of the gateway, and `issued_at` a must. */
function theirs(expiresAt = later()): Record<string, unknown> {
  return { machine_token: secret(), expires_at: expiresAt, gateway_id: 'gw_1', abilities: ['a', 'b'], issued_at: later(0) };
}

function ours(expiresAt = later()): MachineToken {
  return new MachineToken({ machineToken: secret(), expiresAt, gatewayId: 'gw_1', gatewayCode: 'gate', abilities: ['a'] });
}

const asTheirs = (token: MachineToken | undefined): unknown =>
  token && {
    machine_token: token.machineToken.reveal(),
    expires_at: token.expiresAt,
    gateway_id: token.gatewayId,
    abilities: token.abilities,
    issued_at: token.issuedAt,
  };

describe.skipIf(rust === undefined)('machine tokens', () => {
  test.each([
    [DAY, true],
    [-1_000, false],
  ])('that Rust saved are read here; after %i ms they are valid: %s', async (milliseconds, valid) => {
    const token = theirs(later(milliseconds));
    await store(['save', 'one'], token);
    const read = await loadToken('one');
    expect([asTheirs(read), read?.gatewayCode, read?.isValid()]).toEqual([token, undefined, valid]);
    expect(await store(['load', 'one'])).toEqual({ token, valid });
  });

  test.each([
    [DAY, true],
    [-1_000, false],
  ])('that were saved here are read by Rust; after %i ms they are valid: %s', async (milliseconds, valid) => {
    const token = ours(later(milliseconds));
    await saveToken('one', token);
    expect(await store(['load', 'one'])).toEqual({ token: asTheirs(token), valid });
    expect(token.isValid()).toBe(valid);
  });

  test('are replaced by whoever saves later, and never by an earlier one of the other side', async () => {
    const [first, second] = [ours(later(DAY)), theirs(later(2 * DAY))];
    await saveToken('one', first);
    await store(['save', 'one'], second);
    expect(asTheirs(await loadToken('one'))).toEqual(second);
    const third = ours(later(3 * DAY));
    await saveToken('one', third);
    expect(await store(['load', 'one'])).toEqual({ token: asTheirs(third), valid: true });
  });

  test('of one instance are neither seen nor cleared with those of another', async () => {
    const [one, two] = [theirs(), ours()];
    await store(['save', 'one'], one);
    await saveToken('two', two);
    expect([await loadToken('three'), await store(['load', 'three'])]).toEqual([undefined, { token: null, valid: null }]);
    expect(await clearToken('one')).toBe(true);
    expect([await store(['load', 'one']), asTheirs(await loadToken('two'))]).toEqual([
      { token: null, valid: null },
      asTheirs(two),
    ]);
    await store(['clear', 'two']);
    expect(await store(['load', 'two'])).toEqual({ token: null, valid: null });
  });

  test('of one side are opened with the key that the other side made', async () => {
    await store(['save', 'theirs'], theirs());
    await saveToken('ours', ours());
    const [mine, their] = [ours(), theirs()];
    await saveToken('theirs', mine);
    await store(['save', 'ours'], their);
    expect(await store(['load', 'theirs'])).toEqual({ token: asTheirs(mine), valid: true });
    expect(await store(['load', 'ours'])).toEqual({ token: their, valid: true });
    for (const id of ['theirs', 'ours']) {
      const path = join(home, '.runbeam', id, 'encryption.key');
      expect([id, statSync(path).mode & 0o777]).toEqual([id, 0o600]);
    }
  });

  test('are sealed to the key of the environment, in each shape that the Rust SDK reads', async () => {
    const identity = await generateX25519Identity();
    const base64 = Buffer.from(identity).toString('base64');
    for (const shape of [identity, `${identity}\n`, base64, `${base64}\n`]) {
      useKey(shape);
      const [mine, their] = [ours(), theirs()];
      await saveToken('mine', mine);
      await store(['save', 'their'], their);
      expect(await store(['load', 'mine'])).toEqual({ token: asTheirs(mine), valid: true });
      expect(asTheirs(await loadToken('their'))).toEqual(their);
    }
    expect(existsSync(join(home, '.runbeam', 'mine', 'encryption.key'))).toBe(false);
  });

  test('are sealed here with the shapes that the Rust SDK refuses, and read by it with the bare line', async () => {
    const identity = await generateX25519Identity();
    const token = ours();
    for (const text of [`${identity}\n`, `# created: now\n# public key: age1\n${identity}\n`]) {
      useKey(Buffer.from(text).toString('base64'));
      await saveToken('one', token);
      expect((await attempt(['load', 'one'])).code).toBe(1);
      useKey(identity);
      expect(await store(['load', 'one'])).toEqual({ token: asTheirs(token), valid: true });
    }
  });

  test('that were saved with a key of their own are opened by that key alone', async () => {
    const [identity, token] = [await generateX25519Identity(), theirs()];
    await store(['save-with-key', 'one'], { token, key: Buffer.from(identity).toString('base64') });
    await expect(loadToken('one')).rejects.toMatchObject({ code: 'decrypt_failed' });
    useKey(identity);
    expect(asTheirs(await loadToken('one'))).toEqual(token);
  });

  test('are whole for a Rust program that loads them while they are saved here', async () => {
    await saveToken('one', ours());
    const loading = store(['load-often', 'one']);
    const rival = { done: false };
    const errors = loading.finally(() => (rival.done = true));
    while (!rival.done) await saveToken('one', ours());
    expect(await errors).toEqual([]);
  });
});
