import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { mockNetwork } from '../../net/msw.testing.ts';
import { Secret } from '../../secret.ts';
import { newLockKey } from '../../store/accounts/auto-lock.ts';
import { saveAccount, testContexts } from '../services.testing.ts';
import { keepLogin } from './save.ts';

const network = mockNetwork();
const contextFor = testContexts();
const SERVER = 'edge.example.com';
const secret = (): Secret => new Secret(randomBytes(20).toString('hex'));

test('a login keeps how the account locks itself, also where that was set up while it was being saved', async () => {
  network.serve(`https://${SERVER}`, { 'GET /.well-known/beam-auth': [404, {}] });
  const context = contextFor();
  const account = await saveAccount(context, SERVER);
  const autoLock = { after: 3600, since: Math.ceil(Date.now() / 1000), ...(await newLockKey(secret())) };
  const { accounts } = context;
  const meanwhile: typeof accounts.save = async (...login) => {
    await accounts.update(account.key, (before) => ({ ...before, autoLock, confirm: true }));
    return accounts.save(...login);
  };
  const fresh = { accessToken: secret(), refreshToken: secret() };
  const kept = await keepLogin({ ...context, accounts: { ...accounts, save: meanwhile } }, account, fresh);
  const { since, ...same } = autoLock;
  expect(kept.account).toMatchObject({ autoLock: same, confirm: true });
  expect(kept.account.autoLock?.since).toBeGreaterThanOrEqual(since);
  expect(context.notes[0]).toBe(`The account on ${SERVER} locks itself, as before; beamd agent lock --never takes that back`);
  expect((await accounts.session(account.key))?.credential).toEqual(fresh);
});
