import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../clock.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { system } from '../../platform/system.ts';
import { accountFile, accountLock, accountsFolder, encryptionKeyFile, type Homes } from '../paths.ts';
import { tempHomes } from '../temp-home.testing.ts';
import type { Account, AccountStore, Credential } from './account.ts';
import { createAccountStore } from './account-store.ts';

const KEY = 'edge.example.com';
const isRoot = process.getuid?.() === 0;

const account: Account = {
  key: KEY,
  server: 'edge.example.com',
  provider: 'edge',
  kind: 'session',
  dialect: 'beam-auth',
  scopes: [{ slug: 'zoë' }],
  storage: 'age',
};

let homes: Homes;
let store: AccountStore;
let path: string;

beforeEach(() => {
  homes = tempHomes();
  store = createAccountStore({ homes, clock: systemClock, env: {} });
  path = accountFile(homes, KEY);
});

const token = (): Secret => new Secret(randomBytes(24).toString('base64url'));
const newCredential = (): Credential => ({ accessToken: token(), refreshToken: token() });
const refreshOf = (credential: Credential | undefined): string | undefined => credential?.refreshToken?.reveal();
const stored = async (): Promise<string | undefined> => refreshOf(await store.credential(account));
const text = (): string => readFileSync(path, 'utf8');
const leftovers = (): string[] => readdirSync(accountsFolder(homes)).filter((name) => name.endsWith('.tmp'));

async function rotate(next = newCredential()): Promise<Credential> {
  await store.withLock(KEY, async (locked) => (await locked.rotation()).store(next));
  return next;
}

/** Of a process that is gone. */
const leftover = (): string => join(accountsFolder(homes), `.${KEY}.yaml.${system.processes.pidNamespace()}.4194300.x1.tmp`);

interface Killed {
  /** What the account file says. */
  readonly before: string;
  readonly old: Credential;
  /** What the killed worker wrote beside it. */
  readonly written: string;
  readonly next: Credential;
}

/** A session that a worker has refreshed and written, with the zeros of its space behind it, before it was killed. */
async function killedBeforeRename(): Promise<Killed> {
  const old = newCredential();
  await store.save(account, old);
  const before = text();
  const next = await rotate();
  const written = text();
  writeFileSync(path, before);
  writeFileSync(leftover(), Buffer.concat([Buffer.from(written), Buffer.alloc(5_000)]), { mode: 0o600 });
  return { before, old, written, next };
}

describe('what a killed worker left', () => {
  test('is adopted by whoever takes the lock, whatever for', async () => {
    const { written, next } = await killedBeforeRename();
    await store.withLock(KEY, async (locked) => {
      expect(refreshOf(await locked.credential())).toBe(refreshOf(next));
    });
    expect([text(), leftovers()]).toEqual([written, []]);
  });

  test('is no business of a reader, nor of whoever writes another account', async () => {
    const { before, old } = await killedBeforeRename();
    expect(await stored()).toBe(refreshOf(old));
    await store.list();
    await store.save({ ...account, key: 'other.example.com', server: 'other.example.com' }, newCredential());
    expect([text(), leftovers().length]).toEqual([before, 1]);
  });

  test('of an account that is gone is swept', async () => {
    await killedBeforeRename();
    renameSync(path, `${path}.gone`);
    await store.save({ ...account, key: 'other.example.com', server: 'other.example.com' }, newCredential());
    expect(leftovers()).toEqual([]);
  });

  const replaced = (content: string | Buffer): void => {
    writeFileSync(leftover(), content);
  };
  test.each<[string, (killed: Killed) => unknown]>([
    ['that others may read', () => chmodSync(leftover(), 0o640)],
    [
      'that is a link',
      () => {
        renameSync(leftover(), join(homes.beamd, 'elsewhere'));
        symlinkSync(join(homes.beamd, 'elsewhere'), leftover());
      },
    ],
    ['that has a second name', () => linkSync(leftover(), join(homes.beamd, 'second'))],
    ['that was never written', () => replaced(Buffer.alloc(5_000))],
    ['that is not whole', ({ written }) => replaced(written.slice(0, -200))],
    ['that does not open', ({ written }) => replaced(written.replace(/\n {2}([A-Za-z0-9+/]{40})/u, `\n  ${'A'.repeat(40)}`))],
    ['of another login', ({ written }) => replaced(written.replace(/^login: .*$/mu, 'login: lother'))],
    ['of no login', ({ written }) => replaced(written.replace(/^login: .*\n/mu, ''))],
    ['that is two refreshes ahead', ({ written }) => replaced(written.replace('rotation: 1', 'rotation: 2'))],
    ['that is no refresh ahead', ({ written }) => replaced(written.replace('rotation: 1', 'rotation: 0'))],
  ])('%s is removed, and the account stays as it is', async (_, change) => {
    const killed = await killedBeforeRename();
    change(killed);
    await store.withLock(KEY, () => Promise.resolve());
    expect([text(), leftovers()]).toEqual([killed.before, []]);
  });

  test('is not put behind a passphrase', async () => {
    const { old, written } = await killedBeforeRename();
    writeFileSync(leftover(), '');
    const passphrase = token();
    await store.withLock(KEY, (locked) => locked.lock(passphrase));
    writeFileSync(leftover(), written, { mode: 0o600 });
    expect((await failure(() => store.withLock(KEY, (locked) => locked.credential()))).code).toBe('locked');
    await store.withLock(KEY, (locked) => locked.unlock(passphrase));
    expect([await stored(), leftovers()]).toEqual([refreshOf(old), []]);
  });

  test('stays where it is while nobody can say what is in it, and nothing is refreshed meanwhile', async () => {
    const { next } = await killedBeforeRename();
    const key = encryptionKeyFile(homes);
    renameSync(key, `${key}.away`);
    expect((await failure(() => store.withLock(KEY, (locked) => locked.rotation()))).code).toBe('decrypt_failed');
    expect(leftovers().length).toBe(1);
    renameSync(`${key}.away`, key);
    await store.withLock(KEY, () => Promise.resolve());
    expect(await stored()).toBe(refreshOf(next));
  });

  test('is gone after a login and after a logout, whether it could be read or not', async () => {
    const { written } = await killedBeforeRename();
    const key = encryptionKeyFile(homes);
    renameSync(key, `${key}.away`);
    const login = newCredential();
    await store.save(account, login);
    expect([await stored(), leftovers()]).toEqual([refreshOf(login), []]);
    renameSync(`${key}.away`, key);
    writeFileSync(leftover(), written, { mode: 0o600 });
    await store.withLock(KEY, (locked) => locked.remove());
    expect(readdirSync(accountsFolder(homes))).toEqual([]);
  });
});

describe('a refreshed session', () => {
  test('is one refresh after the last, of the same login, until the next login', async () => {
    const turn = (): string => /^login: .*\nrotation: \d+$/mu.exec(text())?.[0] ?? '';
    await store.save(account, newCredential());
    const first = turn();
    await rotate();
    await store.update(KEY, (one) => ({ ...one, user: 'zoë' }));
    await rotate();
    expect(turn()).toBe(first.replace('rotation: 0', 'rotation: 2'));
    await store.save(account, newCredential());
    expect(turn()).not.toContain(first.split('\n')[0]);
    expect(turn()).toContain('rotation: 0');
  });

  test('of a file from before there were refreshes to count is counted from then on', async () => {
    await store.save(account, newCredential());
    writeFileSync(path, text().replace(/^login: .*\nrotation: .*\n/mu, ''));
    const next = await rotate();
    expect([await stored(), /^rotation: 1$/mu.test(text())]).toEqual([refreshOf(next), true]);
  });

  test('that the disk does not take stays beside the file, and goes there once it can', async () => {
    await store.save(account, newCredential());
    const before = text();
    const next = newCredential();
    await store.withLock(KEY, async (locked) => {
      const rotation = await locked.rotation();
      renameSync(path, `${path}.away`);
      mkdirSync(path);
      for (let attempt = 0; attempt < 3; attempt += 1) await expect(rotation.store(next)).rejects.toThrow('EISDIR');
      expect(leftovers().length).toBe(1);
      rmdirSync(path);
      await rotation.store(next);
    });
    expect([await stored(), leftovers()]).toEqual([refreshOf(next), []]);
    expect(text().split('secret:')[0]).toBe(before.split('secret:')[0]?.replace('rotation: 0', 'rotation: 1'));
  });

  test('keeps what a program that knows no locks changed meanwhile', async () => {
    await store.save(account, newCredential());
    const next = newCredential();
    await store.withLock(KEY, async (locked) => {
      const rotation = await locked.rotation();
      writeFileSync(path, text().replace('kind: session\n', 'kind: session\nuser: changed\n'));
      await rotation.store(next);
    });
    expect([await stored(), (await store.read(KEY))?.user]).toEqual([refreshOf(next), 'changed']);
  });

  test('does not replace another login', async () => {
    await store.save(account, newCredential());
    const login = newCredential();
    await store.withLock(KEY, async (locked) => {
      const rotation = await locked.rotation();
      const elsewhere = tempHomes();
      const other = createAccountStore({ homes: elsewhere, clock: systemClock, env: {} });
      writeFileSync(encryptionKeyFileOf(elsewhere), readFileSync(encryptionKeyFile(homes)), { mode: 0o600 });
      await other.save(account, login);
      renameSync(accountFile(elsewhere, KEY), path);
      await rotation.store(newCredential());
    });
    expect([await stored(), leftovers()]).toEqual([refreshOf(login), []]);
  });
});

describe('a holder that lost its lock, because it was frozen for long', () => {
  const takeOver = (): void => {
    const lock = accountLock(homes, KEY);
    const [file = ''] = readdirSync(lock);
    writeFileSync(join(lock, `g${String(Number(file.slice(1)) + 1)}`), 'r{}\n');
    rmSync(join(lock, file));
  };

  test('spends nothing', async () => {
    await store.save(account, newCredential());
    const spent = store.withLock(KEY, async (locked) => {
      const rotation = await locked.rotation();
      takeOver();
      rotation.spend();
    });
    expect((await failure(() => spent)).code).toBe('busy');
  });

  test('and had spent: leaves what it got beside the file, where the next holder finds it', async () => {
    const old = newCredential();
    await store.save(account, old);
    const next = newCredential();
    await store.withLock(KEY, async (locked) => {
      const rotation = await locked.rotation();
      rotation.spend();
      takeOver();
      await rotation.store(next);
    });
    expect([await stored(), leftovers().length]).toEqual([refreshOf(old), 1]);
    await store.withLock(KEY, () => Promise.resolve());
    expect([await stored(), leftovers()]).toEqual([refreshOf(next), []]);
  });
});

function encryptionKeyFileOf(of: Homes): string {
  mkdirSync(of.beamd, { recursive: true, mode: 0o700 });
  return encryptionKeyFile(of);
}

describe.runIf(isRoot)('nothing is spent, and no login begun,', () => {
  test.for([
    ['where the file is a mount of its own', 'mount --bind FILE FILE', 'umount FILE', 'something is mounted on it'],
    ['where the file is immutable', 'chattr +i FILE', 'chattr -i FILE', 'it may not be replaced'],
    ['where the folder gives no file back', 'chattr +a FOLDER', 'chattr -a FOLDER', 'it may not be replaced'],
  ] as const)('%s', async ([, prepare, undo, why], context) => {
    const old = newCredential();
    await store.save(account, old);
    const before = text();
    const run = (line: string): void => {
      const [command = '', ...args] = line
        .split(' ')
        .map((word) => ({ FILE: path, FOLDER: accountsFolder(homes) })[word] ?? word);
      execFileSync(command, args, { stdio: 'ignore' });
    };
    try {
      run(prepare);
    } catch {
      context.skip(`${prepare}: not here`);
    }
    try {
      const failed = { code: 'storage', message: expect.stringContaining(`Cannot write ${path}: ${why}`) as unknown };
      expect(await failure(() => store.withLock(KEY, (locked) => locked.rotation()))).toMatchObject(failed);
      expect(await failure(() => store.prepare(KEY))).toMatchObject(failed);
      expect([text(), await stored()]).toEqual([before, refreshOf(old)]);
    } finally {
      run(undo);
    }
  });
});
