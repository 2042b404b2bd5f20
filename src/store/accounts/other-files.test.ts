/** Account files of the Go `beamd`, and accounts with a name. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { accountStamp } from './account-stamp.ts';
import { systemClock } from '../../clock.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { accountKey, parseAccountName } from '../account-key.ts';
import { accountFile, accountsFolder, type Homes } from '../paths.ts';
import { parseServer } from '../server.ts';
import { tempHomes } from '../temp-home.testing.ts';
import type { Account, AccountStore } from './account.ts';
import { createAccountStore } from './account-store.ts';

const KEY = 'edge.example.com';
const secret = (): string => randomBytes(24).toString('hex');

let homes: Homes;
let notices: string[];
let store: AccountStore;

beforeEach(() => {
  homes = tempHomes();
  notices = [];
  store = createAccountStore({ homes, clock: systemClock, env: {}, warn: (line) => notices.push(line) });
});

function plant(name: string, text: string): string {
  mkdirSync(accountsFolder(homes), { recursive: true, mode: 0o700 });
  const path = join(accountsFolder(homes), `${name}.yaml`);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

const own = (key: string): Promise<string | undefined> =>
  store.credential({ key }).then((credential) => credential?.accessToken.reveal());

describe('a file of the Go beamd', () => {
  test.each(['token', 'session_token'])('is read by its name, its %s too', async (field) => {
    const token = secret();
    plant(`${KEY}_443`, `server: ${KEY}:443\n${field}: ${token}\nscopes:\n  - slug: alice\n`);
    expect(store.keys()).toEqual([KEY]);
    expect((await store.list()).accounts).toMatchObject([{ key: KEY, server: KEY, kind: 'session', storage: 'plain' }]);
    expect(await own(KEY)).toBe(token);
  });

  test('stays as it is when the account is written, under our name', async () => {
    const text = `server: ${KEY}:443\ntoken: ${secret()}\nscopes:\n  - slug: alice\n  - slug: acme\n`;
    const go = plant(`${KEY}_443`, text);
    const before = accountStamp(accountFile(homes, KEY));
    await store.update(KEY, (account) => ({ ...account, defaultScope: 'acme' }));
    expect(readFileSync(go, 'utf8')).toBe(text);
    expect(await store.read(KEY)).toMatchObject({ defaultScope: 'acme', storage: 'age' });
    expect(notices).toEqual([
      `The token in ${go} is in plain text and stays there for the Go beamd; ${accountFile(homes, KEY)} has it encrypted`,
    ]);
    // What an agent looks at to see that the account was written.
    expect([before === undefined, accountStamp(accountFile(homes, KEY)) === before]).toEqual([false, false]);
  });

  test('does not count beside ours, and that is said', async () => {
    const [ours, theirs] = [secret(), secret()];
    const path = plant(KEY, `server: ${KEY}\ntoken: ${ours}\n`);
    const go = plant(`${KEY}_443`, `server: ${KEY}:443\ntoken: ${theirs}\n`);
    const { accounts, problems } = await store.list();
    expect(accounts.map(({ key }) => key)).toEqual([KEY]);
    expect(problems).toEqual([
      { path: go, message: `${go}, of the Go beamd, is not used: ${path} is the same account and counts` },
    ]);
    expect(await own(KEY)).toBe(ours);
  });

  test('goes with the account', async () => {
    const files = [plant(KEY, `server: ${KEY}\ntoken: ${secret()}\n`), plant(`${KEY}_443`, `server: ${KEY}:443\n`)];
    await store.withLock(KEY, (locked) => locked.remove());
    expect(files.map((file) => existsSync(file))).toEqual([false, false]);
    const go = plant(`${KEY}_443`, 'server: [');
    expect((await store.withLock(KEY, (locked) => locked.remove())).account).toBe(true);
    expect(existsSync(go)).toBe(false);
  });

  test('that was emptied is an account without a session', async () => {
    plant(KEY, `server: ${KEY}:443\ntoken: ""\nscopes: []\nlast_used: 1\n`);
    expect(await own(KEY)).toBeUndefined();
    expect(await store.read(KEY)).toMatchObject({ key: KEY });
  });
});

test('a token with the line break of a block is that token; one that could not be sent is a wrong one', async () => {
  const token = secret();
  const path = plant(KEY, `server: ${KEY}\ntoken: |\n  ${token}\n`);
  expect(await own(KEY)).toBe(token);
  plant(KEY, `server: ${KEY}\ntoken: "${token}\\nX-Other: a"\n`);
  expect(await failure(() => own(KEY))).toEqual({
    code: 'bad_file',
    message: `${path} has a wrong \`token\`: it holds a space or a line break`,
    hint: { text: `Correct ${path}` },
  });
});

test.each(['', '{', 'server: 1', 'server: other.example', '\0'])(
  'a broken file %j is none to what replaces or removes it',
  async (text) => {
    plant(KEY, text);
    expect(await failure(() => store.read(KEY))).toMatchObject({ code: 'bad_file' });
    expect(await store.readIfSound(KEY)).toBeUndefined();
  },
);

test('two logins to one server are two accounts, each with files of its own', async () => {
  const server = parseServer(`${KEY}:8443`);
  const name = parseAccountName('work');
  const plainAccount: Account = {
    key: server.key,
    server: server.name,
    provider: 'edge',
    kind: 'session',
    dialect: 'beam-auth',
    scopes: [],
    storage: 'age',
  };
  const named: Account = { ...plainAccount, key: accountKey(server, name), ...(name === undefined ? {} : { name }) };
  const [one, two] = [secret(), secret()];
  await store.save(plainAccount, { accessToken: new Secret(one) });
  await store.save(named, { accessToken: new Secret(two) });
  expect(store.keys()).toEqual([`${KEY}_8443`, `${KEY}_8443@work`]);
  expect((await store.list()).accounts).toEqual([plainAccount, named]);
  expect([await own(plainAccount.key), await own(named.key)]).toEqual([one, two]);
  expect(await failure(() => store.save({ ...named, key: plainAccount.key }, { accessToken: new Secret(one) }))).toMatchObject({
    code: 'bad_server',
  });
  await store.withLock(named.key, (locked) => locked.remove());
  expect(store.keys()).toEqual([plainAccount.key]);
});
