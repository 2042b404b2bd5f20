import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import { failure } from '../../errors.testing.ts';
import { mockNetwork, type Answer, type MockedServer } from '../../net/msw.testing.ts';
import { Secret } from '../../secret.ts';
import { parseServer } from '../../store/server.ts';
import { createTestContext, type TestContext } from '../services.testing.ts';
import { keepOrRevoke, type FreshLogin } from './unsaved.ts';

const network = mockNetwork();
let context: TestContext;
beforeEach(() => {
  context = createTestContext();
});
afterEach(() => context.close());

const secret = (): Secret => new Secret(randomBytes(20).toString('hex'));

interface Scene {
  readonly edge: MockedServer;
  readonly fresh: FreshLogin;
}

/** A session that an edge has just given, and what that answers when it is asked to revoke it. */
function obtained(revoke: Answer): Scene {
  const origin = 'https://edge.example.com';
  const [code, token, page] = ['code', 'token', 'device'].map((name) => `${origin}/${name}`);
  const document = { device_code_url: code, token_url: token, verification_uri: page, revocation_url: `${origin}/revoke` };
  const edge = network.serve(origin, { 'GET /.well-known/beam-auth': [200, document], 'POST /revoke': revoke });
  const { key, name: server } = parseServer(origin);
  const account = { key, server, provider: 'edge', kind: 'session', dialect: 'beam-auth', scopes: [], storage: 'age' } as const;
  return { edge, fresh: { account, credential: { accessToken: secret(), refreshToken: secret() } } };
}

const asked = ({ edge }: Scene): number => edge.asked.filter(({ call }) => call === 'POST /revoke').length;

const full = new BeamError('storage_full', 'The disk is full', { hint: { text: 'Free some space' } });
const fails = (): Promise<never> => Promise.reject(full);

const LIVES = '! Nothing was saved; the session just obtained lives on until it ends by itself: edge.example.com';

describe('a session that cannot be kept', () => {
  test.each([
    ['is revoked', [200, {}], 'The session just obtained was revoked again; nothing was saved'],
    ['lives on where nobody revokes it', [404, {}], `${LIVES} revokes none`],
    ['lives on where the server is in trouble', [503, {}], `${LIVES} could not be asked to revoke it`],
  ] as const)('%s, and that is said', async (_, answer, note) => {
    const scene = obtained(answer);
    expect(await failure(() => keepOrRevoke(context, scene.fresh, fails))).toMatchObject({ code: 'storage_full' });
    expect([context.notes, asked(scene) > 0]).toEqual([[note], true]);
  });

  test('is revoked although the login before it, which stays, cannot be read', async () => {
    const scene = obtained([200, {}]);
    const { account } = scene.fresh;
    await context.accounts.save(account, { accessToken: secret(), refreshToken: secret() });
    await context.accounts.withLock(account.key, (one) => one.lock(secret()));
    await failure(() => keepOrRevoke(context, scene.fresh, fails));
    expect(asked(scene)).toBe(2);
  });
});

test('a session that was stored before something failed is not revoked', async () => {
  const scene = obtained([200, {}]);
  const { account, credential } = scene.fresh;
  const keep = async (): Promise<never> => {
    await context.accounts.save(account, credential);
    throw full;
  };
  await failure(() => keepOrRevoke(context, scene.fresh, keep));
  expect([context.notes, asked(scene)]).toEqual([[], 0]);
});
