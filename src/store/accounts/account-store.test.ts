import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { Secret } from '../../secret.ts';
import { createAccountStore } from './account-store.ts';
import type { SecretStoresOptions } from '../secrets/secret-stores.ts';
import { accountFile, accountLock, accountsFolder, encryptionKeyFile, locksFolder, type Homes } from '../paths.ts';
import { failure } from '../../errors.testing.ts';
import { tempFolder, tempHomes } from '../temp-home.testing.ts';
import { system } from '../../platform/system.ts';
import type { Account, AccountStore, Credential } from './account.ts';
import { accountFileNames } from './account-reader.ts';

const KEY = 'edge.example.com';
const freshToken = (): string => randomBytes(24).toString('base64url');

let homes: Homes;
let notices: string[];
let store: AccountStore;

function open(options: Partial<SecretStoresOptions> = {}): AccountStore {
  return createAccountStore({ homes, clock: systemClock, env: {}, warn: (line) => notices.push(line), ...options });
}

beforeEach(() => {
  homes = tempHomes();
  notices = [];
  store = open();
});

const account: Account = {
  key: KEY,
  server: 'edge.example.com',
  provider: 'edge',
  kind: 'session',
  dialect: 'beam-auth',
  user: 'zoë',
  scopes: [{ slug: 'zoë-personal' }, { slug: 'acme', role: 'admin' }],
  defaultScope: 'acme',
  storage: 'age',
  controlPlane: 'beamd.run',
};

const newCredential = (): Credential => ({
  accessToken: new Secret(freshToken()),
  refreshToken: new Secret(freshToken()),
  expiresAt: 1_800_000_000,
  issuedAt: 1_799_996_400,
});

interface Revealed {
  access: string;
  refresh?: string | undefined;
  expiresAt?: number | undefined;
  issuedAt?: number | undefined;
}

function revealed(credential: Credential | undefined): Revealed | undefined {
  return (
    credential && {
      access: credential.accessToken.reveal(),
      refresh: credential.refreshToken?.reveal(),
      expiresAt: credential.expiresAt,
      issuedAt: credential.issuedAt,
    }
  );
}

/** Puts an account file there as another tool would. */
function plant(name: string, text: string): string {
  const path = join(accountsFolder(homes), `${name}.yaml`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const onDisk = (key = KEY): string => readFileSync(accountFile(homes, key), 'utf8');

describe('save', () => {
  test('keeps an account readable and its credential sealed', async () => {
    const credential = newCredential();
    expect(await store.save(account, credential)).toEqual(account);
    const [head, secret] = onDisk().split('secret: |-\n');
    expect(head?.replace(/^login: l[0-9a-f]{32}$/mu, 'login: NAME'))
      .toBe(`# Written by beamd. Everything but the secret may be read and shown.
server: edge.example.com
provider: edge
kind: session
dialect: beam-auth
user: zoë
scopes:
  - slug: zoë-personal
  - slug: acme
    role: admin
default_scope: acme
storage: age
control_plane: beamd.run
login: NAME
rotation: 0
`);
    expect(secret).toMatch(/^ {2}-----BEGIN AGE ENCRYPTED FILE-----\n/u);
    expect(onDisk()).not.toContain(credential.accessToken.reveal());
    expect(await open().read(KEY)).toEqual(account);
    expect(revealed(await open().credential(account))).toEqual(revealed(credential));
    expect(statSync(accountFile(homes, KEY)).mode & 0o777).toBe(0o600);
    expect(readdirSync(accountsFolder(homes))).toEqual([`${KEY}.yaml`]);
    expect(readdirSync(locksFolder(homes)).length).toBe(1);
  });

  test('round-trips everything an account may have', async () => {
    const full: Account = {
      ...account,
      key: '[--1]_4000',
      server: 'http://[::1]:4000',
      provider: 'runbeam',
      dialect: 'oauth',
      issuer: 'https://id.example.com/realm',
      clientId: '007',
      apiUrl: 'https://api.example.com',
      insecureSkipVerify: true,
    };
    expect(await store.save(full, newCredential())).toEqual(full);
    expect(await open().read(full.key)).toEqual(full);
    expect(accountFileNames(homes)).toEqual(['[--1]_4000']);
  });

  test.each([0, 1, 500])('takes %i orgs', async (count) => {
    const scopes = Array.from({ length: count }, (_, index) => ({
      slug: `organisation-${String(index)}`,
      role: 'member',
    }));
    const { defaultScope: _, ...rest } = account;
    const many = { ...rest, scopes };
    await store.save(many, newCredential());
    expect(await open().read(KEY)).toEqual(many);
  });

  test('refuses an account under another key', async () => {
    expect(await failure(() => store.save({ ...account, key: 'other' }, newCredential()))).toMatchObject({
      code: 'bad_server',
      message: 'The account of edge.example.com cannot be stored as other',
    });
  });

  test('writes plain text only when told to, and stays with it', async () => {
    const credential = newCredential();
    expect(await open({ insecureStorage: true }).save(account, credential)).toEqual({ ...account, storage: 'plain' });
    expect(onDisk()).toContain(credential.accessToken.reveal());
    const next = newCredential();
    await store.withLock(KEY, (locked) => locked.write(account, next));
    expect(revealed(await store.credential(account))).toEqual(revealed(next));
    expect((await store.read(KEY))?.storage).toBe('plain');
    // A new login decides anew.
    expect((await store.save(account, next)).storage).toBe('age');
    expect(onDisk()).not.toContain(next.accessToken.reveal());
    expect(existsSync(encryptionKeyFile(homes))).toBe(true);
  });

  test('replaces a broken file', async () => {
    plant(KEY, 'server: [');
    await store.save(account, newCredential());
    expect(await store.read(KEY)).toEqual(account);
  });
});

test('what a killed writer left is removed by the next one', async () => {
  await store.save(account, newCredential());
  const leftover = `.x.${system.processes.pidNamespace()}.4194300.a1.tmp`;
  // The lock that a login does not take.
  await store.withLock(KEY, (locked) => locked.read());
  const folders = [homes.beamd, accountsFolder(homes), locksFolder(homes), accountLock(homes, KEY)];
  for (const folder of folders) writeFileSync(join(folder, leftover), 'token');
  mkdirSync(join(locksFolder(homes), leftover.replace('a1', 'a2')));
  await store.withLock(KEY, (locked) => locked.end(1));
  expect(folders.flatMap((folder) => readdirSync(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('reading and listing nothing makes nothing', async () => {
  expect(accountFileNames(homes)).toEqual([]);
  expect(await store.list()).toEqual({ accounts: [], problems: [] });
  expect(await store.read(KEY)).toBeUndefined();
  expect(await store.credential(account)).toBeUndefined();
  expect(existsSync(homes.beamd)).toBe(false);
});

describe('update, end and remove', () => {
  test('update keeps the credential and what it does not know', async () => {
    const credential = newCredential();
    await store.save(account, credential);
    plant(KEY, `${onDisk()}future:\n  - a: 1\n    b: "007"\n`);
    const { defaultScope: _, ...rest } = account;
    expect(await store.update(KEY, () => rest)).toEqual(rest);
    expect(await open().read(KEY)).toEqual(rest);
    expect(revealed(await open().credential(account))).toEqual(revealed(credential));
    expect(onDisk()).toContain('future:\n  - a: 1\n    b: "007"\n');
    expect(await failure(() => store.update('[--1]_4000', (one) => one))).toMatchObject({
      code: 'login_required',
      message: 'You are not logged in to [::1]:4000',
    });
  });

  test('end drops the credential and keeps the account; a login brings it back', async () => {
    await store.save(account, newCredential());
    await store.withLock(KEY, (locked) => locked.end(1_800_000_000));
    expect(await store.read(KEY)).toEqual({ ...account, endedAt: 1_800_000_000 });
    expect(onDisk()).not.toContain('secret:');
    expect(await store.credential(account)).toBeUndefined();
    expect(await store.save({ ...account, endedAt: 1 }, newCredential())).toEqual(account);
    expect(await store.read(KEY)).toEqual(account);
    await store.withLock('absent.example.com', (locked) => locked.end(1));
    expect(accountFileNames(homes)).toEqual([KEY]);
  });

  test('remove works on a broken file too', async () => {
    plant(KEY, '[[[');
    expect([
      await store.withLock(KEY, (locked) => locked.remove()),
      await store.withLock(KEY, (locked) => locked.remove()),
      accountFileNames(homes),
    ]).toEqual([{ account: true, keyring: 'none' }, { account: false, keyring: 'none' }, []]);
  });
});

describe('withLock', () => {
  test('reads anew and commits into the reserved space', async () => {
    await store.save(account, newCredential());
    const next = newCredential();
    await store.withLock(KEY, async (locked) => {
      expect(await locked.read()).toEqual(account);
      const rotation = await locked.rotation();
      rotation.spend();
      expect((await rotation.store(next))?.account).toEqual(account);
      rotation.release();
      expect(revealed(await locked.credential())).toEqual(revealed(next));
    });
    expect(readdirSync(accountsFolder(homes))).toEqual([`${KEY}.yaml`]);
  });

  test('keeps others out, and loses no change of many', async () => {
    await store.save({ ...account, scopes: [] }, newCredential());
    const add = (slug: string): Promise<Account> => open().update(KEY, (one) => ({ ...one, scopes: [...one.scopes, { slug }] }));
    await Promise.all(Array.from({ length: 12 }, (_, index) => add(`org-${String(index)}`)));
    expect((await store.read(KEY))?.scopes.length).toBe(12);
    await store.withLock(KEY, async () => {
      expect((await failure(() => store.withLock(KEY, () => Promise.resolve(), { timeout: 30 }))).code).toBe('busy');
    });
  });

  test('fails before anything is given up when the key cannot be used', async () => {
    await store.save(account, newCredential());
    const broken = open({ env: { BEAMD_ENCRYPTION_KEY: 'nonsense' } });
    expect(await failure(() => broken.withLock(KEY, (locked) => locked.rotation()))).toMatchObject({
      code: 'bad_key',
      message: 'BEAMD_ENCRYPTION_KEY is not an age X25519 identity',
    });
  });

  test('leaves the session whole when the work fails half way', async () => {
    const credential = newCredential();
    await store.save(account, credential);
    await expect(
      store.withLock(KEY, async (locked) => {
        await locked.rotation();
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(revealed(await store.credential(account))).toEqual(revealed(credential));
    expect(readdirSync(accountsFolder(homes))).toEqual([`${KEY}.yaml`]);
  });
});

describe('files of other tools', () => {
  test('a plain token is read, and encrypted at the next write with one notice', async () => {
    const token = freshToken();
    const path = plant('self.example.com_8443', `server: self.example.com:8443\ntoken: ${token}\nadded_by: other\n`);
    const expected: Account = {
      key: 'self.example.com_8443',
      server: 'self.example.com:8443',
      provider: 'edge',
      kind: 'token',
      dialect: 'static',
      scopes: [],
      storage: 'plain',
    };
    expect(await store.read(expected.key)).toEqual(expected);
    expect((await store.credential(expected))?.accessToken.reveal()).toBe(token);
    expect(notices).toEqual([]);
    expect(await store.update(expected.key, (one) => ({ ...one, user: 'me' }))).toEqual({
      ...expected,
      user: 'me',
      storage: 'age',
    });
    expect(notices).toEqual([`The token in ${path} was in plain text; it is now encrypted`]);
    expect(onDisk(expected.key)).not.toContain(token);
    expect(onDisk(expected.key)).toContain('added_by: other');
    expect((await store.credential(expected))?.accessToken.reveal()).toBe(token);
  });

  test.each<[string, string, Partial<Account>]>([
    ['scopes make it a session', 'scopes: [a, {slug: b, role: r}]', { kind: 'session', dialect: 'beam-auth' }],
    ['runbeam', 'provider: runbeam\nkind: session', { provider: 'runbeam', kind: 'session', dialect: 'runbeam', scopes: [] }],
    ['an issuer', 'kind: session\nissuer: https://i', { kind: 'session', dialect: 'oauth', issuer: 'https://i', scopes: [] }],
    ['empty fields', 'user: ""\ndefault_scope:\nscopes:', { kind: 'token', dialect: 'static', scopes: [] }],
  ])('%s', async (_name, fields, expected) => {
    const token = freshToken();
    plant(KEY, `server: https://EDGE.example.com:443/\ntoken: "${token}"\nrefresh_token: r\nexpires_at: 5\n${fields}\n`);
    const scopes = [{ slug: 'a' }, { slug: 'b', role: 'r' }];
    const base = { key: KEY, server: KEY, provider: 'edge', storage: 'plain', scopes };
    expect(await store.read(KEY)).toEqual({ ...base, ...expected });
    expect(revealed(await store.credential(account))).toEqual({ access: token, refresh: 'r', expiresAt: 5 });
  });

  test('a token written later than our secret wins', async () => {
    await store.save(account, newCredential());
    const token = freshToken();
    plant(KEY, `${onDisk()}token: ${token}\n`);
    expect((await store.credential(account))?.accessToken.reveal()).toBe(token);
  });
});

describe('what is wrong is said, and stands in nobody else’s way', () => {
  test.each([
    ['server: edge.example.com\nscopes: 3', ' has a wrong `scopes`'],
    ['server: edge.example.com\nscopes: [{slug: 7}]', ' has a wrong `scopes.0`'],
    ['user: me', ' lacks `server`'],
    ['server: other.example.com', ' is for another server than its name says'],
    ['server: a b', ' has a wrong `server`'],
    ['server: x\nkind: magic', ' has a wrong `kind`'],
    ['a: [', ':1 is not valid yaml'],
    ['['.repeat(2_000), ':1 is nested too deeply'],
    [`a: ${'x'.repeat(262_144)}`, ' is larger than 256 KiB'],
  ])('%#', async (text, message) => {
    const path = plant(KEY, text);
    plant('good.example.com', 'server: good.example.com\ntoken: t\n');
    const expected = { code: 'bad_file', message: path + message };
    expect(await failure(() => store.read(KEY))).toMatchObject(expected);
    const { accounts, problems } = await store.list();
    expect([accounts.map((one) => one.key), problems]).toEqual([
      ['good.example.com'],
      [{ path, message: path + message, key: KEY }],
    ]);
    expect(accountFileNames(homes)).toEqual([KEY, 'good.example.com']);
  });

  test('a folder, a link and a strange name', async () => {
    const folder = join(dirname(plant('good.example.com', 'server: good.example.com\ntoken: t\n')), 'a.example.yaml');
    mkdirSync(folder);
    const link = join(accountsFolder(homes), 'b.example.yaml');
    symlinkSync('good.example.com.yaml', link);
    const strange = plant('No Host', 'server: x');
    writeFileSync(join(accountsFolder(homes), '.hidden.yaml'), '');
    writeFileSync(join(accountsFolder(homes), 'notes.txt'), '');
    const { accounts, problems } = await store.list();
    expect(accounts.map((one) => one.key)).toEqual(['good.example.com']);
    expect(problems).toEqual([
      { path: strange, message: `${strange} is not named after a server` },
      { path: folder, message: `${folder} is not a regular file`, key: 'a.example' },
      { path: link, message: `Cannot read ${link}: it is a symbolic link`, key: 'b.example' },
    ]);
    expect(accountFileNames(homes)).toEqual(['No Host', 'a.example', 'b.example', 'good.example.com']);
  });

  test('a symlinked home is refused by everything, and nothing is written behind it', async () => {
    const target = tempFolder();
    symlinkSync(target, homes.beamd);
    const expected = { code: 'unsafe_path', message: `${homes.beamd} is a symbolic link` };
    expect(await failure(() => accountFileNames(homes))).toMatchObject(expected);
    expect(await failure(() => store.list())).toMatchObject(expected);
    expect(await failure(() => store.read(KEY))).toMatchObject(expected);
    expect(await failure(() => store.save(account, newCredential()))).toMatchObject(expected);
    expect(readdirSync(target)).toEqual([]);
  });

  test.runIf(process.getuid?.() === 0)('a home of another user is refused', async () => {
    mkdirSync(homes.beamd, { mode: 0o700 });
    execFileSync('chown', ['65534', homes.beamd]);
    const expected = { code: 'unsafe_path', message: `${homes.beamd} belongs to another user (uid 65534)` };
    expect(await failure(() => accountFileNames(homes))).toMatchObject(expected);
    expect(await failure(() => store.save(account, newCredential()))).toMatchObject(expected);
  });

  test('open modes are closed with a notice', async () => {
    const path = plant(KEY, 'server: edge.example.com\ntoken: t\n');
    chmodSync(path, 0o644);
    chmodSync(homes.beamd, 0o755);
    await store.read(KEY);
    await store.withLock(KEY, (locked) => locked.end(1));
    expect(notices).toEqual([
      `${path} could be read by other users (mode 644); it is now 600`,
      `${homes.beamd} was open to other users (mode 755); it is now closed to them`,
    ]);
    expect([statSync(path).mode & 0o777, statSync(homes.beamd).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  test('a lost key, another key and a damaged secret', async () => {
    await store.save(account, newCredential());
    const file = encryptionKeyFile(homes);
    renameSync(file, `${file}.away`);
    expect(await failure(() => store.credential(account))).toMatchObject({
      code: 'decrypt_failed',
      message: `The credential of ${KEY} is encrypted and its key is missing`,
    });
    expect(existsSync(file)).toBe(false);
    await open().save({ ...account, key: 'x', server: 'x' }, newCredential());
    expect(await failure(() => store.credential(account))).toMatchObject({
      code: 'decrypt_failed',
      message: `The credential of ${KEY} cannot be decrypted with the key at hand`,
    });
    plant(KEY, onDisk().replace(/\n {2}-----END/u, '\n  ####\n  -----END'));
    expect(await failure(() => store.credential(account))).toMatchObject({
      code: 'decrypt_failed',
      message: `The credential of ${KEY} is not a whole age file`,
    });
    plant(KEY, 'server: edge.example.com\nstorage: keyring\nsecret: x\n');
    expect((await failure(() => store.credential(account))).code).toBe('storage');
  });
});
