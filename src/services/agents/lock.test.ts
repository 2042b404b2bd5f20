/** `beamd agent lock` beside other commands: each test lets one come in between, at the moment that only two processes meet at. */
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { newLockKey } from '../../store/accounts/auto-lock.ts';
import { saveAccount, testContexts } from '../services.testing.ts';
import { lockAsAsked } from './auto-lock.ts';

const contextFor = testContexts();
const EDGE = 'edge.example.com';
const NOW = { onSuspend: false, never: false };
const LOCKED = {
  code: 'locked',
  message: `The account on ${EDGE} is locked`,
  hint: { command: `beamd agent unlock --server ${EDGE}` },
};

const passphrase = new Secret(randomBytes(12).toString('hex'));
// Once: to make one takes a second on purpose.
const lockKey = newLockKey(passphrase);

/** An account that locks itself, and the command that another one comes in between of. */
async function armed() {
  const context = contextFor();
  const autoLock = { after: 3600, since: Math.ceil(Date.now() / 1000), ...(await lockKey) };
  const { key } = await saveAccount(context, EDGE, { autoLock });
  const { accounts } = context;
  const before = <T>(other: () => Promise<unknown>, work: () => Promise<T>): Promise<T> => other().then(work);
  const after = (other: () => Promise<unknown>) => ({
    ...context,
    accounts: {
      ...accounts,
      update: (...params: Parameters<typeof accounts.update>) => before(other, () => accounts.update(...params)),
      withLock: ((...params) => before(other, () => accounts.withLock(...params))) as typeof accounts.withLock,
    },
  });
  return { accounts, key, after, credential: (await accounts.session(key))?.credential };
}

test.each([
  ['--never', { never: true, onSuspend: false }],
  ['--after', { never: false, onSuspend: false, after: '2d' }],
])('%s for an account that has locked itself meanwhile leaves what opens it', async (_, wish) => {
  const { accounts, key, after, credential } = await armed();
  const context = after(() => accounts.withLock(key, (locked) => locked.lockItself()));
  expect(await failure(() => lockAsAsked(context, wish))).toEqual(LOCKED);
  expect(await accounts.withLock(key, (locked) => locked.unlock(passphrase))).toBe(true);
  expect((await accounts.session(key))?.credential).toEqual(credential);
});

test('a lock of one that was locked meanwhile says that it was', async () => {
  const { accounts, key, after } = await armed();
  const context = after(() => accounts.withLock(key, (locked) => locked.lockItself()));
  expect(await lockAsAsked(context, NOW)).toEqual({ asked: 'lock', server: EDGE, locked: true, changed: false });
});

test('no lock is claimed of one that locks itself no more, has ended, or is gone', async () => {
  const { accounts, key, after } = await armed();
  const never = after(() => accounts.update(key, ({ autoLock: _, ...rest }) => rest));
  expect(await failure(() => lockAsAsked(never, NOW))).toEqual({
    code: 'busy',
    message: `Another command has changed how ${EDGE} locks itself; it is not locked`,
    hint: { command: `beamd agent lock --server ${EDGE}` },
  });
  const nothing = {
    code: 'login_required',
    message: `There is no session on ${EDGE} to lock`,
    hint: { command: `beamd login --server ${EDGE}` },
  };
  const one = await armed();
  const ended = one.after(() => one.accounts.withLock(one.key, (locked) => locked.end(1)));
  expect(await failure(() => lockAsAsked(ended, NOW))).toEqual(nothing);
  const other = await armed();
  const gone = other.after(() => other.accounts.withLock(other.key, (locked) => locked.remove()));
  expect(await failure(() => lockAsAsked(gone, NOW))).toEqual(nothing);
});
