/** Accounts whose key the OS keyring holds; the keyring is a stand-in that does what the test tells it. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { armor, Decrypter } from 'age-encryption';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { systemClock } from '../../clock.ts';
import { Secret } from '../../secret.ts';
import { createAccountStore } from './account-store.ts';
import type { SecretStoresOptions } from '../secrets/secret-stores.ts';
import { accountFile, encryptionKeyFile, resolveHomes, type Homes } from '../paths.ts';
import { generateIdentity } from '../secrets/age-identity.ts';
import { standInKeyring, type Behaviour, type StandIn } from '../secrets/keyring.testing.ts';
import { failure } from '../../errors.testing.ts';
import { tempFolder, tempHomes } from '../temp-home.testing.ts';
import type { Account, AccountStore, Credential } from './account.ts';
import { accountFileNames } from './account-reader.ts';

const KEY = 'edge.example.com';
const INSTEAD = 'this login is kept encrypted to a key in a file instead';

let homes: Homes;
let keyring: StandIn;
let notices: string[];

beforeEach(() => {
  homes = tempHomes();
  keyring = standInKeyring(tempFolder());
  notices = [];
});

/** A store as another process would open it. `deadline`: only where the keyring is to hang. */
function open(options: Partial<SecretStoresOptions> = {}, deadline = 20_000): AccountStore {
  return createAccountStore({
    homes,
    clock: systemClock,
    env: keyring.env,
    warn: (line) => notices.push(line),
    keyring: { program: keyring.program, deadline },
    ...options,
  });
}

const account: Account = {
  key: KEY,
  server: KEY,
  provider: 'edge',
  kind: 'session',
  dialect: 'beam-auth',
  scopes: [{ slug: 'zoë' }],
  storage: 'age',
};
const stored = { ...account, storage: 'keyring' };

const newCredential = (): Credential => ({
  accessToken: new Secret(randomBytes(24).toString('base64url')),
  refreshToken: new Secret(randomBytes(24).toString('base64url')),
});
const accessOf = (credential: Credential | undefined): string | undefined => credential?.accessToken.reveal();
const onDisk = (): string => readFileSync(accountFile(homes, KEY), 'utf8');

function secretOf(text: string): string {
  const document: unknown = parse(text);
  return typeof document === 'object' && document !== null && 'secret' in document ? String(document.secret) : '';
}

describe('a login with --storage keyring', () => {
  test('seals the secret to an identity that only the keyring holds', async () => {
    const credential = newCredential();
    const store = open({ storage: 'keyring' });
    expect(await store.prepare(KEY)).toBe('keyring');
    expect({ entries: keyring.entries(), file: existsSync(accountFile(homes, KEY)) }).toEqual({ entries: {}, file: false });
    expect(await store.save(account, credential)).toEqual(stored);
    expect(keyring.asked()).toEqual(['probe', `get ${KEY}`, `set ${KEY}`, `get ${KEY}`]);
    expect(existsSync(encryptionKeyFile(homes))).toBe(false);
    expect(onDisk()).toContain('storage: keyring\n');

    const decrypter = new Decrypter();
    decrypter.addIdentity(keyring.entries()[KEY] ?? '');
    expect(JSON.parse(await decrypter.decrypt(armor.decode(secretOf(onDisk())), 'text'))).toEqual({
      access_token: credential.accessToken.reveal(),
      refresh_token: credential.refreshToken?.reveal(),
    });
    const other = open();
    expect(await other.read(KEY)).toEqual(stored);
    expect(accessOf(await other.credential(account))).toBe(accessOf(credential));
  });

  test('uses the identity that is there already', async () => {
    await open({ storage: 'keyring' }).save(account, newCredential());
    const before = keyring.entries();
    await open({ storage: 'keyring' }).save(account, newCredential());
    expect(keyring.entries()).toEqual(before);
  });

  test.each([
    ['absent', 'There is no OS keyring here'],
    ['locked', 'The OS keyring is locked'],
    ['hangs', 'The OS keyring does not answer'],
    ['crashes', 'The OS keyring cannot be used'],
  ] as const)('fails before anything is asked for when the keyring is %s', async (behaviour, message) => {
    keyring.behave(behaviour);
    const store = open({ storage: 'keyring' }, behaviour === 'hangs' ? 50 : undefined);
    expect(await failure(() => store.prepare(KEY))).toMatchObject({ code: 'storage', message });
    expect(await failure(() => store.save(account, newCredential()))).toMatchObject({ code: 'storage', message });
    expect({ keys: accountFileNames(homes), notices }).toEqual({ keys: [], notices: [] });
  });

  test('fails when the keyring does not give back what it was given', async () => {
    const store = open({ storage: 'keyring' });
    await store.prepare(KEY);
    keyring.behave('forgets');
    expect(await failure(() => store.save(account, newCredential()))).toMatchObject({
      code: 'storage',
      message: 'The OS keyring cannot be used',
    });
    expect(accountFileNames(homes)).toEqual([]);
  });

  test('does not overwrite what another program keeps under the same name', async () => {
    keyring.put(KEY, 'a password of another program');
    expect(await failure(() => open({ storage: 'keyring' }).save(account, newCredential()))).toMatchObject({
      code: 'bad_key',
      message: `What the OS keyring holds for ${KEY} is not an age X25519 identity`,
    });
    expect((await open().save(account, newCredential())).storage).toBe('age');
    expect(notices).toEqual([`What the OS keyring holds for ${KEY} is not an age X25519 identity; ${INSTEAD}`]);
    expect(keyring.entries()).toEqual({ [KEY]: 'a password of another program' });
  });

  test('in another home folder has an entry of its own', async () => {
    await open({ storage: 'keyring' }).save(account, newCredential());
    const elsewhere = resolveHomes({ BEAMD_HOME: join(homes.user, 'other') }, homes.user);
    mkdirSync(elsewhere.beamd, { mode: 0o700 });
    const other = open({ homes: elsewhere, storage: 'keyring' });
    await other.save(account, newCredential());
    expect(Object.keys(keyring.entries())).toEqual([KEY, `${KEY} in ${elsewhere.beamd}`]);
    expect(await other.withLock(KEY, (locked) => locked.remove())).toEqual({ account: true, keyring: 'deleted' });
    expect(accessOf(await open().credential(account))).toBeDefined();
  });
});

describe('a refresh', () => {
  /** What `create-work.ts` does, with something happening between the server's answer and the write. */
  const refresh = (store: AccountStore, next: Credential, meanwhile: () => void): Promise<Account | undefined> =>
    store.withLock(KEY, async (locked) => {
      await locked.session();
      const rotation = await locked.rotation();
      meanwhile();
      return (await rotation.store(next))?.account;
    });

  test.each(['hangs', 'locked', 'crashes'] as const)(
    'loses nothing when the keyring is %s after the rotation',
    async (behaviour) => {
      await open({ storage: 'keyring' }).save(account, newCredential());
      keyring.asked();
      const next = newCredential();
      expect(await refresh(open(), next, () => keyring.behave(behaviour))).toEqual(stored);
      expect(keyring.asked()).toEqual([`get ${KEY}`]);
      keyring.behave('works');
      expect(accessOf(await open().credential(account))).toBe(accessOf(next));
    },
  );

  test.each([
    ['hangs', 'storage'],
    ['locked', 'storage'],
    ['absent', 'storage'],
  ] as const)('rotates nothing when the keyring is %s before', async (behaviour, code) => {
    await open({ storage: 'keyring' }).save(account, newCredential());
    const before = onDisk();
    keyring.behave(behaviour);
    let rotated = false;
    const failed = await failure(() => refresh(open({}, 50), newCredential(), () => (rotated = true)));
    expect({ code: failed.code, rotated, same: onDisk() === before }).toEqual({ code, rotated: false, same: true });
  });

  test('says so when the key is gone, and keeps the account', async () => {
    await open({ storage: 'keyring' }).save(account, newCredential());
    keyring.forget();
    expect(await failure(() => open().credential(account))).toMatchObject({
      code: 'decrypt_failed',
      message: `The credential of ${KEY} is encrypted and its key is not in the OS keyring`,
    });
    expect(await open().read(KEY)).toEqual(stored);
  });

  test('keeps the storage the account has, whatever a login would choose now', async () => {
    await open({ storage: 'keyring' }).save(account, newCredential());
    expect(await refresh(open({ storage: 'age' }), newCredential(), () => undefined)).toEqual(stored);
    await open({ storage: 'age' }).save(account, newCredential());
    expect((await refresh(open({ storage: 'keyring' }), newCredential(), () => undefined))?.storage).toBe('age');
  });

  test('and an update of the orgs asks no keyring', async () => {
    await open({ storage: 'keyring' }).save(account, newCredential());
    keyring.asked();
    const scopes = [{ slug: 'zoë' }, { slug: 'acme' }];
    expect(await open().update(KEY, (one) => ({ ...one, scopes }))).toEqual({ ...stored, scopes });
    await open().withLock(KEY, (locked) => locked.end(1_800_000_000));
    expect(await open().read(KEY)).toEqual({ ...stored, scopes, endedAt: 1_800_000_000 });
    expect(keyring.asked()).toEqual([]);
  });
});

describe('a login that leaves the choice to us', () => {
  const storageOf = async (options: Partial<SecretStoresOptions> = {}, deadline?: number): Promise<string> => {
    const store = open(options, deadline);
    const prepared = await store.prepare(KEY);
    expect((await store.save(account, newCredential())).storage).toBe(prepared);
    expect(accessOf(await open().credential(account))).toBeDefined();
    return prepared;
  };

  test('takes the keyring if it works', async () => {
    expect({ storage: await storageOf(), notices }).toEqual({ storage: 'keyring', notices: [] });
  });

  test.each<[Behaviour, string[]]>([
    ['absent', []],
    ['locked', [`The OS keyring is locked; ${INSTEAD}`]],
    ['hangs', [`The OS keyring does not answer; ${INSTEAD}`]],
    ['garbage', [`The OS keyring cannot be used; ${INSTEAD}`]],
  ])('takes age if it is %s, and says why once', async (behaviour, lines) => {
    keyring.behave(behaviour);
    expect({ storage: await storageOf({}, behaviour === 'hangs' ? 50 : undefined), notices }).toEqual({
      storage: 'age',
      notices: lines,
    });
    expect(keyring.asked()).toEqual(['probe']);
  });

  test('does not lose an approved login to a keyring that fails after it was tried out', async () => {
    const store = open({}, 50);
    await store.prepare(KEY);
    keyring.behave('hangs');
    expect((await store.save(account, newCredential())).storage).toBe('age');
    expect(notices).toEqual([`The OS keyring does not answer; ${INSTEAD}`]);
  });

  test('takes age without asking a keyring when BEAMD_ENCRYPTION_KEY is set', async () => {
    const env = { ...keyring.env, BEAMD_ENCRYPTION_KEY: (await generateIdentity()).reveal() };
    const store = open({ env });
    expect([await store.prepare(KEY), (await store.save(account, newCredential())).storage]).toEqual(['age', 'age']);
    expect(keyring.asked()).toEqual([]);
  });

  test('takes age again where the earlier login has it', async () => {
    await open({ storage: 'age' }).save(account, newCredential());
    expect({ storage: await storageOf(), asked: keyring.asked() }).toEqual({ storage: 'age', asked: [] });
  });

  test.each([
    ['age', {}, 'age'],
    ['keyring', {}, 'keyring'],
    ['', {}, 'keyring'],
    ['keyring', { storage: 'age' }, 'age'],
    ['age', { storage: 'auto' }, 'keyring'],
    ['keyring', { insecureStorage: true }, 'plain'],
  ] as const)('with BEAMD_STORAGE=%s and %o takes %s', async (wish, options, storage) => {
    expect(await storageOf({ ...options, env: { ...keyring.env, BEAMD_STORAGE: wish } })).toBe(storage);
  });

  test('refuses a BEAMD_STORAGE that is none', async () => {
    expect(await failure(() => open({ env: { ...keyring.env, BEAMD_STORAGE: 'plain' } }).prepare(KEY))).toMatchObject({
      code: 'bad_config',
      message: 'BEAMD_STORAGE is not auto, keyring or age',
    });
  });
});

describe('what is in the keyring goes', () => {
  beforeEach(async () => {
    await open({ storage: 'keyring' }).save(account, newCredential());
  });

  test('with the account', async () => {
    expect(await open().withLock(KEY, (locked) => locked.remove())).toEqual({ account: true, keyring: 'deleted' });
    expect({ entries: keyring.entries(), keys: accountFileNames(homes) }).toEqual({ entries: {}, keys: [] });
  });

  test('as far as the keyring lets it; the account goes in any case', async () => {
    keyring.behave('hangs');
    expect(await open({}, 50).withLock(KEY, (locked) => locked.remove())).toEqual({ account: true, keyring: 'left' });
    expect(accountFileNames(homes)).toEqual([]);
  });

  test('when the next login is kept elsewhere', async () => {
    await open({ storage: 'age' }).save(account, newCredential());
    expect({ entries: keyring.entries(), notices }).toEqual({ entries: {}, notices: [] });
  });

  test('or that is said', async () => {
    keyring.behave('locked');
    await open({ storage: 'age' }).save(account, newCredential());
    expect(notices).toEqual([`The earlier key of ${KEY} could not be deleted from the OS keyring; it opens nothing any more`]);
  });
});
