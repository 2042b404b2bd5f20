/** Which of several accounts is meant: asked on a terminal, and never guessed. */
import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import { accountKey, parseAccountName } from '../../store/account-key.ts';
import { readGlobalConfig, updateGlobalConfig } from '../../store/config/beamd-config.ts';
import { parseServer } from '../../store/server.ts';
import { switchAccount } from '../beamd/switch.ts';
import { nameForLogin } from '../login/account-name.ts';
import { logout } from '../login/logout.ts';
import { testContexts, type TestContext } from '../services.testing.ts';

const SERVER = 'edge.example.com';
const LIST = 'the one without a name (alice), work (bob)';

const contextFor = testContexts();

async function withTwo(choice?: number): Promise<TestContext> {
  const context = contextFor(omitUndefined({ choice }));
  const server = parseServer(SERVER);
  const shape = { server: SERVER, provider: 'edge', kind: 'token', dialect: 'static', scopes: [], storage: 'age' } as const;
  for (const [text, user] of [
    ['-', 'alice'],
    ['work', 'bob'],
  ] as const) {
    const name = parseAccountName(text);
    const account = omitUndefined({ ...shape, key: accountKey(server, name), name, user });
    await context.accounts.save(account, { accessToken: new Secret(randomBytes(16).toString('hex')) });
  }
  return context;
}

it('a switch, a logout and a login take the one that is chosen', async () => {
  const context = await withTwo(1);
  await switchAccount(context, { server: SERVER });
  expect((await readGlobalConfig(context.homes)).current).toBe(`${SERVER}@work`);
  expect(await nameForLogin(context, parseServer(SERVER), undefined)).toBe('work');
  expect((await logout(context, { all: false, server: SERVER })).accounts).toMatchObject([{ name: 'work', user: 'bob' }]);
  expect(context.accounts.keys()).toEqual([SERVER]);
  expect(context.questions).toEqual(
    ['Switch to', 'Replace', 'Log out of'].map((verb) => {
      return `${verb} which account on ${SERVER}? the one without a name (alice) | work (bob)`;
    }),
  );
});

it('without a terminal each of them ends with the list', async () => {
  const context = await withTwo();
  // Current without a name says which server is, and not which of its accounts.
  await updateGlobalConfig(context, (config) => ({ ...config, current: SERVER }));
  const refused = { code: 'usage', message: `There are several accounts on ${SERVER}: ${LIST}` };
  expect(await failure(() => switchAccount(context, { server: SERVER }))).toMatchObject(refused);
  expect(await failure(() => nameForLogin(context, parseServer(SERVER), undefined))).toMatchObject(refused);
  expect(await failure(() => logout(context, { all: false }))).toMatchObject(refused);
  expect(await failure(() => logout(context, { all: false, server: SERVER }))).toMatchObject(refused);
  await updateGlobalConfig(context, (config) => ({ ...config, current: `${SERVER}@work` }));
  expect(await failure(() => logout(context, { all: false, server: SERVER }))).toMatchObject(refused);
  expect(context.accounts.keys()).toEqual([SERVER, `${SERVER}@work`]);
  // That one is named, and no server stands beside it that several fit.
  expect((await logout(context, { all: false })).accounts).toMatchObject([{ name: 'work' }]);
});

it('a name that is given asks nothing', async () => {
  const context = await withTwo();
  await switchAccount(context, { server: SERVER, account: 'work' });
  expect(await nameForLogin(context, parseServer(SERVER), { name: undefined })).toBeUndefined();
  expect((await logout(context, { all: false, server: SERVER, account: '-' })).accounts).toMatchObject([{ user: 'alice' }]);
  expect(context.questions).toEqual([]);
  // Now there is only one: a login is one to it again.
  expect(await nameForLogin(context, parseServer(SERVER), undefined)).toBe('work');
});
