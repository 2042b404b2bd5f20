/** Sessions whose key is in the OS keyring: the real gnome-keyring, none, a locked one, and one that never answers. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { decideByCode, startBeamAuthEdge, startRunbeamCloud, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { parseServer } from '../../src/store/server.ts';
import { findInFiles, findInText } from '../support/find-secrets.ts';
import { missingPrograms, startBlackHole, startKeyring, type PrivateKeyring } from '../support/keyring.ts';
import { logIn, logInToCloud, succeeded } from '../support/login.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser, type Ran, type CliUser } from '../support/cli-user.ts';

const keep = cleanup();

const missing = missingPrograms();
// On CI all of them are installed, and one that is missing is a failure.
const skip = missing.length > 0 && process.env['CI'] !== 'true';
if (skip)
  console.log(
    `The tests of the real keyring are skipped: ${missing.join(', ')} missing (apt-get install dbus gnome-keyring libsecret-tools age)`,
  );

const HINT = 'log in with --storage age';
const INSTEAD = 'this login is kept encrypted to a key in a file instead';

interface Place {
  readonly user: CliUser;
  readonly edge: BeamAuthEdge;
  /** Of the account. */
  readonly key: string;
  readonly file: string;
}

async function place(env: Readonly<Record<string, string>>): Promise<Place> {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser({ env }));
  const { key } = parseServer(edge.origin);
  return { user, edge, key, file: join(user.home, '.beamd/accounts', `${key}.yaml`) };
}

function fieldsOf(text: string): Record<string, unknown> {
  const value: unknown = parse(text);
  if (typeof value !== 'object' || value === null) throw new Error(`no object: ${text}`);
  return { ...value };
}

const storageIn = (file: string): unknown => fieldsOf(readFileSync(file, 'utf8'))['storage'];
const errorOf = ({ code, stdout }: Ran): unknown => ({ code, error: fieldsOf(stdout)['error'] });
const decrypted = (identity: string, file: string): string =>
  execFileSync('age', ['-d', '-i', identity], {
    input: String(fieldsOf(readFileSync(file, 'utf8'))['secret']),
    encoding: 'utf8',
  });

describe.skipIf(skip)('with the real keyring', () => {
  async function inDesktop(): Promise<Place & { keyring: PrivateKeyring }> {
    const keyring = keep(await startKeyring());
    return { ...(await place(keyring.env)), keyring };
  }

  test('a session lives there, from login to logout', async () => {
    const { user, edge, key, file, keyring } = await inDesktop();
    expect((await logIn(user, edge)).stderr).not.toContain('keyring');
    const identity = keyring.lookup(key) ?? '';
    expect(identity).toMatch(/^AGE-SECRET-KEY-1[0-9A-Z]{58}$/);
    // The key file that sealed the login while it was under way opens nothing of what is kept.
    expect(storageIn(file)).toBe('keyring');
    expect(readFileSync(join(user.home, '.beamd/encryption.key'), 'utf8')).not.toContain(identity);
    expect(fieldsOf(succeeded(await user.beamd('status', '--json')).stdout)['storage']).toBe('keyring');
    expect((await user.beamd('status')).stdout).toContain('Storage  keyring (encrypted, the key in the OS keyring)\n');
    expect(succeeded(await user.beamd('accounts', '--json')).stdout).toContain('"storage": "keyring"');

    const first = succeeded(await user.beamd('token')).stdout;
    edge.expireAccess();
    const before = keyring.lookup(key);
    succeeded(await user.beamd('orgs', '--refresh'));
    const second = succeeded(await user.beamd('token')).stdout;
    expect({ renewed: first !== second, refreshes: edge.counters.refreshes, same: keyring.lookup(key) === before }).toEqual({
      renewed: true,
      refreshes: 1,
      same: true,
    });
    expect(findInText('output', user.transcript(), [identity]).concat(findInFiles(user.home, [identity, second.trim()]))).toEqual(
      [],
    );

    const out = succeeded(await user.beamd('logout', '--json'));
    expect(fieldsOf(out.stdout)['accounts']).toEqual([
      {
        server: edge.origin,
        user: 'alice@example.com',
        kind: 'session',
        session: 'revoked',
        expires_at: expect.any(String),
        agent_stopped: true,
        keyring: 'deleted',
      },
    ]);
    expect({ entry: keyring.lookup(key), file: existsSync(file) }).toEqual({ entry: undefined, file: false });
  });

  test('the age program opens what is stored with what secret-tool finds', async () => {
    const { user, edge, key, file, keyring } = await inDesktop();
    await logIn(user, edge, '--storage', 'keyring');
    const identity = join(user.root, 'identity');
    execFileSync('sh', ['-c', 'cat > "$0"', identity], { input: `${keyring.lookup(key) ?? ''}\n` });
    const token = succeeded(await user.beamd('token')).stdout.trim();
    expect(fieldsOf(decrypted(identity, file))['access_token']).toBe(token);
  });

  test('it is found by XDG_RUNTIME_DIR alone, by runbeam too', async () => {
    const keyring = keep(await startKeyring());
    const cloud = keep(await startRunbeamCloud());
    const user = keep(createCliUser({ env: { XDG_RUNTIME_DIR: keyring.runtimeFolder, RUNBEAM_API_URL: cloud.origin } }));
    await logInToCloud(user, cloud, '--storage', 'keyring');
    const { key } = parseServer(new URL(cloud.origin).origin);
    expect(keyring.lookup(key)).toMatch(/^AGE-SECRET-KEY-1/);
    expect((await user.runbeam('verify')).code).toBe(0);
    expect((await user.runbeam('logout')).stdout).toContain('Its key was deleted from the OS keyring\n');
    expect(keyring.lookup(key)).toBeUndefined();
  });

  test('--storage age, BEAMD_STORAGE and --insecure-storage leave it alone', async () => {
    const { user, edge, key, file, keyring } = await inDesktop();
    const storages: unknown[] = [];
    for (const [args, env] of [
      [['--storage', 'age'], {}],
      [[], { BEAMD_STORAGE: 'age' }],
      [['--insecure-storage'], {}],
    ] as const) {
      const login = user.start('beamd', ['login', '--server', edge.origin, ...args], { env });
      const { stderr, code } = await decideByCode(login, edge);
      storages.push([code, storageIn(file), stderr.includes(`! ${file} holds the secrets of this login in plain text\n`)]);
      succeeded(await user.beamd('logout'));
    }
    expect({ storages, entry: keyring.lookup(key) }).toEqual({
      storages: [
        [0, 'age', false],
        [0, 'age', false],
        [0, 'plain', true],
      ],
      entry: undefined,
    });
  });

  test('locked: a new login goes elsewhere and says so, a stored one waits for it to be unlocked', async () => {
    const { user, edge, key, file, keyring } = await inDesktop();
    await logIn(user, edge);
    const entry = keyring.lookup(key);
    succeeded(await user.beamd('agent', 'stop'));
    await keyring.lock();

    const locked = { code: 'storage', message: 'The OS keyring is locked', hint: `Unlock it, or ${HINT}` };
    expect(errorOf(await user.beamd('token', '--json'))).toEqual({ code: 1, error: locked });
    expect(fieldsOf((await user.beamd('status', '--json')).stdout)['session']).toEqual({ state: 'unreadable' });

    const other = keep(await startBeamAuthEdge());
    const asked = await user.beamd('login', '--server', other.origin, '--storage', 'keyring', '--json');
    expect({ refused: errorOf(asked), codes: other.waiting().length }).toEqual({ refused: { code: 1, error: locked }, codes: 0 });
    expect((await logIn(user, other)).stderr).toContain(`The OS keyring is locked; ${INSTEAD}\n`);

    await keyring.unlock();
    succeeded(await user.beamd('token', '--server', edge.origin));
    expect({ storage: storageIn(file), same: keyring.lookup(key) === entry }).toEqual({ storage: 'keyring', same: true });
    await keyring.lock();
    const out = await user.beamd('logout', '--server', edge.origin);
    expect(out.stdout).toContain('its key could not be deleted from the OS keyring; it opens nothing any more\n');
    expect(existsSync(file)).toBe(false);
  });
});

describe.skipIf(process.platform !== 'linux')('without a keyring', () => {
  test('a login is kept in a file and says nothing; one that insists fails before a code is asked for', async () => {
    const { user, edge, file } = await place({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' });
    const refused = await user.beamd('login', '--server', edge.origin, '--storage', 'keyring', '--json');
    expect({ refused: errorOf(refused), codes: edge.waiting().length }).toEqual({
      refused: {
        code: 1,
        error: {
          code: 'storage',
          message: 'There is no OS keyring here',
          hint: `Try it in your desktop session, or ${HINT}`,
        },
      },
      codes: 0,
    });
    expect((await logIn(user, edge)).stderr).not.toContain('keyring');
    expect(storageIn(file)).toBe('age');
  });

  test('wrong words are usage errors', async () => {
    const { user } = await place({});
    const wrong = await user.beamd('login', '--storage', 'plain');
    const both = await user.beamd('login', '--storage', 'age', '--insecure-storage');
    expect([wrong.code, both.code]).toEqual([2, 2]);
    expect(
      errorOf(await user.run('beamd', ['login', '--server', 'http://127.0.0.1:1', '--json'], { env: { BEAMD_STORAGE: 'x' } })),
    ).toEqual({
      code: 2,
      error: { code: 'bad_config', message: 'BEAMD_STORAGE is not auto, keyring or age', hint: 'unset BEAMD_STORAGE' },
    });
  });
});

describe.skipIf(process.platform !== 'linux')('with a bus that takes connections and never answers', () => {
  /** Children that ask the keyring. */
  const asking = (user: CliUser): string[] => user.background('keyring').map(({ command }) => command);

  test('a login goes elsewhere after 3 s and says so', async () => {
    const hole = keep(await startBlackHole());
    const { user, edge, file } = await place(hole.env);
    const begun = performance.now();
    const { stderr } = await logIn(user, edge);
    expect(stderr).toContain(`The OS keyring does not answer; ${INSTEAD}\n`);
    expect({ storage: storageIn(file), asked: hole.taken(), left: asking(user) }).toEqual({
      storage: 'age',
      asked: 1,
      left: [],
    });
    expect(performance.now() - begun).toBeGreaterThan(3_000);
    const insists = await user.beamd('login', '--server', edge.origin, '--storage', 'keyring', '--json');
    expect(errorOf(insists)).toEqual({
      code: 1,
      error: { code: 'storage', message: 'The OS keyring does not answer', hint: `Restart it, or ${HINT}` },
    });
  });

  test('whoever asks it and is killed leaves nothing behind', async () => {
    const hole = keep(await startBlackHole());
    const { user } = await place(hole.env);
    const login = user.start('beamd', ['login', '--server', 'http://127.0.0.1:1']);
    await expect.poll(() => hole.taken()).toBe(1);
    expect(asking(user).length).toBe(1);
    login.kill('SIGKILL');
    await login.done;
    await expect.poll(() => asking(user)).toEqual([]);
  });

  test.skipIf(skip)('a stored session is not rotated, not lost, and a token that lasts is still given', async () => {
    const keyring = keep(await startKeyring());
    const hole = keep(await startBlackHole());
    const { user, edge, file } = await place({});
    await decideByCode(user.start('beamd', ['login', '--server', edge.origin], { env: keyring.env }), edge);
    expect(storageIn(file)).toBe('keyring');
    const text = readFileSync(file, 'utf8');
    const refused = await user.run('beamd', ['token', '--json'], { env: hole.env });
    expect(errorOf(refused)).toEqual({
      code: 1,
      error: { code: 'storage', message: 'The OS keyring does not answer', hint: `Restart it, or ${HINT}` },
    });
    expect({ refreshes: edge.counters.refreshes, same: readFileSync(file, 'utf8') === text }).toEqual({
      refreshes: 0,
      same: true,
    });
    succeeded(await user.beamd('agent', 'stop'));
    succeeded(await user.run('beamd', ['token'], { env: keyring.env }));
    // This agent has the token in memory: whatever the keyring does now, it gives it out.
    expect((await user.run('beamd', ['token'], { env: hole.env })).code).toBe(0);
  });
});

test.skipIf(skip)('BEAMD_ENCRYPTION_KEY wins over a keyring', async () => {
  const hole = keep(await startBlackHole());
  const { user, edge, file } = await place(hole.env);
  const key = execFileSync('age-keygen', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  await decideByCode(user.start('beamd', ['login', '--server', edge.origin], { env: { BEAMD_ENCRYPTION_KEY: key } }), edge);
  expect({ storage: storageIn(file), asked: hole.taken() }).toEqual({ storage: 'age', asked: 0 });
});
