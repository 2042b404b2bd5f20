import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { encryptionKeyFile, type Homes } from '../paths.ts';
import { failure } from '../../errors.testing.ts';
import { tempFolder, tempHomes } from '../temp-home.testing.ts';
import { decrypt, encrypt, generateIdentity, parseIdentity, recipientOf } from './age-identity.ts';
import { ensureStoreKey } from './key-file.ts';
import { createAgeStore } from './secret-stores.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const hasAge = spawnSync('age', ['--version']).status === 0;
if (!hasAge) console.log('skipped: the age program is not installed, so interoperability is not tested');

let homes: Homes;

beforeEach(() => {
  homes = tempHomes();
});

describe('parseIdentity', () => {
  test('accepts every documented shape', async () => {
    const identity = await generateIdentity();
    const line = identity.reveal();
    const file = `# created: 2026-11-21T00:00:00Z\n# public key: ${await recipientOf(identity)}\n${line}\n`;
    const shapes = [line, file, base64(line), base64(`${line}\n`), base64(file), base64(file.replaceAll('\n', '\r\n'))];
    const wrapped = base64(file).replaceAll(/.{64}/gu, '$&\n');
    for (const shape of [...shapes, ...shapes.map((one) => `${one}\n\n`), `${line}\r\n`, wrapped]) {
      expect(parseIdentity(shape).equals(identity)).toBe(true);
    }
  });

  test('refuses the rest without repeating it', async () => {
    const line = (await generateIdentity()).reveal();
    const others = ['', ' ', 'nonsense', `${line}\n${line}`, line.slice(0, 40), line.toLowerCase(), base64('x'), '#', `x${line}`];
    for (const text of [...others, `${line}\n`.repeat(100), 'A'.repeat(100_000)]) {
      expect(await failure(() => parseIdentity(text, 'BEAMD_ENCRYPTION_KEY'))).toMatchObject({
        code: 'bad_key',
        message: 'BEAMD_ENCRYPTION_KEY is not an age X25519 identity',
      });
    }
  });

  test('a wrong checksum is found when the key is used', async () => {
    const line = (await generateIdentity()).reveal();
    const wrong = line.slice(0, -1) + (line.endsWith('Q') ? 'P' : 'Q');
    expect(await failure(() => encrypt(parseIdentity(wrong), 'x'))).toMatchObject({
      code: 'bad_key',
      message: 'The encryption key is not an age X25519 identity',
    });
  });
});

describe('ensureStoreKey', () => {
  test('makes a private key file once, of which age-keygen could be the author', async () => {
    const identity = await ensureStoreKey(homes, {});
    const path = encryptionKeyFile(homes);
    expect(readFileSync(path, 'utf8')).toBe(`# public key: ${await recipientOf(identity)}\n${identity.reveal()}\n`);
    expect([statSync(path).mode & 0o777, readdirSync(homes.beamd)]).toEqual([0o600, ['encryption.key']]);
    expect((await ensureStoreKey(homes, { BEAMD_ENCRYPTION_KEY: '' })).equals(identity)).toBe(true);
  });

  test('gives all who ask at once the same key', async () => {
    const keys = await Promise.all(Array.from({ length: 20 }, () => ensureStoreKey(homes, {})));
    expect(new Set(keys.map((key) => key.reveal())).size).toBe(1);
    expect(readdirSync(homes.beamd)).toEqual(['encryption.key']);
  });

  test('is overridden by BEAMD_ENCRYPTION_KEY, and then makes no file', async () => {
    const identity = await generateIdentity();
    const env = { BEAMD_ENCRYPTION_KEY: base64(identity.reveal()) };
    expect((await ensureStoreKey(homes, env)).equals(identity)).toBe(true);
    expect(existsSync(homes.beamd)).toBe(false);
  });

  test('refuses a key file that others can read, and links', async () => {
    await ensureStoreKey(homes, {});
    const path = encryptionKeyFile(homes);
    chmodSync(path, 0o640);
    expect(await failure(() => ensureStoreKey(homes, {}))).toMatchObject({
      code: 'unsafe_path',
      message: `${path} can be read by other users (mode 640)`,
    });
    const other = tempHomes();
    mkdirSync(other.beamd, { mode: 0o700 });
    symlinkSync(path, encryptionKeyFile(other));
    expect((await failure(() => ensureStoreKey(other, {}))).code).toBe('unsafe_path');
  });

  test.runIf(process.getuid?.() === 0)('refuses a key file of another user', async () => {
    await ensureStoreKey(homes, {});
    execFileSync('chown', ['65534', encryptionKeyFile(homes)]);
    expect((await failure(() => ensureStoreKey(homes, {}))).code).toBe('unsafe_path');
  });

  test('refuses a key file that holds no key', async () => {
    mkdirSync(homes.beamd, { mode: 0o700 });
    writeFileSync(encryptionKeyFile(homes), 'nothing\n', { mode: 0o600 });
    expect(await failure(() => ensureStoreKey(homes, {}))).toMatchObject({
      code: 'bad_key',
      message: `${encryptionKeyFile(homes)} is not an age X25519 identity`,
    });
  });
});

describe('the age store', () => {
  test('opens what it sealed, with the key of then', async () => {
    const store = createAgeStore(homes, {});
    const sealed = await store.seal('edge', 'geheim 🤫');
    expect(await store.open('edge', sealed)).toBe('geheim 🤫');
    const other = { BEAMD_ENCRYPTION_KEY: (await generateIdentity()).reveal() };
    expect(await createAgeStore(homes, other).open('edge', sealed)).toBe('geheim 🤫');
    expect(await createAgeStore(homes, {}).open('edge', await store.seal('edge', ''))).toBe('');
  });

  test('is opened by nobody else', async () => {
    const sealed = await encrypt(await generateIdentity(), 'x');
    const other = await generateIdentity();
    expect(await failure(() => decrypt([other], sealed, 'It'))).toMatchObject({
      code: 'decrypt_failed',
      message: 'It cannot be decrypted with the key at hand',
    });
    expect((await failure(() => decrypt([], sealed, 'It'))).code).toBe('decrypt_failed');
  });

  test.runIf(hasAge)('the age program decrypts what is sealed, and seals what is opened', async () => {
    const store = createAgeStore(homes, {});
    const sealed = await store.seal('edge', 'one\ntwo');
    const key = encryptionKeyFile(homes);
    expect(execFileSync('age', ['--decrypt', '-i', key], { input: `${sealed}\n`, encoding: 'utf8' })).toBe('one\ntwo');
    const recipient = await recipientOf(await ensureStoreKey(homes, {}));
    const theirs = execFileSync('age', ['--encrypt', '-r', recipient], { input: 'three' });
    expect(await decrypt([await ensureStoreKey(homes, {})], theirs, 'It')).toBe('three');
    const armored = execFileSync('age', ['-a', '--encrypt', '-r', recipient], { input: 'four', encoding: 'utf8' });
    expect(await store.open('edge', armored)).toBe('four');
  });

  test.runIf(hasAge)('takes a key file of age-keygen as it is', async () => {
    const path = join(tempFolder(), 'key');
    execFileSync('age-keygen', ['-o', path], { stdio: 'ignore' });
    const text = readFileSync(path, 'utf8');
    const recipient = /age1\w+/u.exec(text)?.[0];
    expect(await recipientOf(parseIdentity(text))).toBe(recipient);
    expect(await recipientOf(parseIdentity(base64(text)))).toBe(recipient);
  });
});
