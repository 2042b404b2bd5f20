import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mockNetwork, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { generateIdentity } from '../../store/secrets/age-identity.ts';
import type { Instance } from '../../store/instances/instances.ts';
import { runbeamServer } from './account.ts';
import { authorize, type AuthorizeInput } from './authorize.ts';
import { addNewInstance } from './instances.ts';
import { createTestContext, type TestContext, type TestUser } from '../services.testing.ts';
import { machineToken } from './token.ts';

const expiresAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000).toISOString();
const GATEWAY = { id: 'gw1', code: 'gate-code', name: 'Gate' };

const network = mockNetwork();
const NO_BASE_URL: Answers = { 'GET /api/harmony/base-url': [404, {}], 'GET /harmony/base-url': [404, {}] };
let cloud: MockedServer;
let harmony: MockedServer;
let answers: Answers;
let issued: string[];
let context: TestContext;
let instance: Instance;

beforeEach(async () => {
  issued = [];
  cloud = network.serve('https://api.runbeam.example', {
    ...NO_BASE_URL,
    'POST /harmony/authorize': () => {
      const token = randomBytes(24).toString('hex');
      issued.push(token);
      return [200, { machine_token: token, expires_in: 86_400, expires_at: expiresAt, gateway: GATEWAY, abilities: [] }];
    },
  });
  answers = { 'POST /admin/token': [200, {}], 'POST /admin/update': [200, { config_size: 42 }] };
  harmony = network.serve('http://127.0.0.1:8081', answers);
  await openContext();
});
afterEach(() => context.close());

/** A user who is logged in and has registered the gateway. */
async function openContext(user: TestUser = {}): Promise<void> {
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- the first one of a test finds none
  context?.close();
  context = createTestContext({ ...user, env: { ...user.env, RUNBEAM_API_URL: cloud.origin } });
  const { key, name } = runbeamServer(context);
  const shape = { provider: 'runbeam', kind: 'session', dialect: 'runbeam', storage: 'age' } as const;
  await context.accounts.save(
    { key, server: name, ...shape, scopes: [], apiUrl: cloud.origin },
    { accessToken: new Secret(randomBytes(16).toString('hex')) },
  );
  instance = await addNewInstance(context, { ip: '127.0.0.1', port: 8081, label: 'gate', pathPrefix: 'admin' });
}

function input(more: Partial<AuthorizeInput> = {}): AuthorizeInput {
  return { label: 'gate', via: 'cloud', retry: false, update: false, yes: false, ...more };
}

const calls = (): string[] => harmony.asked.map(({ call }) => call);

describe('the upload after an authorization', () => {
  const done = { status: 'done', configSize: 42 };
  const skipped = { status: 'skipped' };

  it.each([
    ['nobody to ask', undefined, {}, skipped, 1],
    ['no', false, {}, skipped, 1],
    ['yes', true, {}, done, 1],
    ['--update', undefined, { update: true }, done, 0],
    ['-y', true, { yes: true }, skipped, 0],
    ['-y --update', undefined, { yes: true, update: true }, done, 0],
  ] as const)('%s', async (_, answer, flags, upload, asked) => {
    await openContext(answer === undefined ? {} : { answer });
    const outcome = await authorize(context, input(flags));
    expect(outcome.result).toEqual({
      gateway: GATEWAY,
      expiresAt,
      expiresIn: 86_400,
      abilities: [],
      via: 'cloud',
      delivered: true,
    });
    expect(outcome.upload).toEqual(upload);
    expect(context.questions.length).toBe(asked);
    expect(calls()).toEqual(upload === done ? ['POST /admin/token', 'POST /admin/update'] : ['POST /admin/token']);
  });

  it('reports its own failure and leaves the authorization standing', async () => {
    answers['POST /admin/update'] = [500, {}];
    const { result, upload } = await authorize(context, input({ update: true }));
    expect([result.delivered, upload]).toEqual([
      true,
      {
        status: 'failed',
        problem: { code: 'server_error', message: `Harmony at ${harmony.host} answered 500 to /admin/update` },
      },
    ]);
  });

  it('does not happen when the token was not delivered', async () => {
    answers['POST /admin/token'] = [500, {}];
    const { result, upload } = await authorize(context, input({ update: true }));
    expect([result.delivered, upload, calls()]).toEqual([false, skipped, ['POST /admin/token']]);
  });
});

it('takes the key of this environment, which never crosses a socket', async () => {
  const identity = (await generateIdentity()).reveal();
  await openContext({ env: { RUNBEAM_ENCRYPTION_KEY: identity } });
  const { agents } = context;
  const refused = { ...agents, open: () => Promise.reject(new Error('a key must not go to another process')) };
  await authorize({ ...context, agents: refused }, input());
  expect(harmony.asked[0]?.json).toMatchObject({ encryption_key: Buffer.from(identity).toString('base64') });
});

it('names runbeam login when there is no session', async () => {
  await context.accounts.withLock(runbeamServer(context).key, (locked) => locked.remove());
  expect(await failure(() => authorize(context, input()))).toMatchObject({
    code: 'login_required',
    hint: { command: 'runbeam login' },
  });
});

describe('a machine token', () => {
  it.each(['label', 'id', 'gateway id', 'gateway code'])('that is stored is found by %s', async (by) => {
    await authorize(context, input({ yes: true }));
    const codes: Record<string, string> = {
      'label': 'gate',
      'id': instance.id,
      'gateway id': 'gw1',
      'gateway code': 'gate-code',
    };
    const found = await machineToken(context, { gateway: codes[by] ?? '' });
    expect([found.source, found.instance?.id, found.token.machineToken.reveal()]).toEqual(['stored', instance.id, issued[0]]);
    expect(issued.length).toBe(1);
  });

  it('is issued and stored for an instance that has none, with the id as gateway code', async () => {
    expect((await machineToken(context, { gateway: 'gate' })).source).toBe('issued');
    expect(cloud.asked.at(-1)?.json).toMatchObject({ gateway_code: instance.id });
    expect([(await machineToken(context, { gateway: 'gate' })).source, issued.length, calls()]).toEqual(['stored', 1, []]);
  });

  it('is issued for a code that only the cloud knows, and not stored', async () => {
    expect(await machineToken(context, { gateway: 'elsewhere' })).toMatchObject({
      source: 'issued',
      token: { gatewayId: 'gw1' },
    });
    expect(cloud.asked.at(-1)?.json).toMatchObject({ gateway_code: 'elsewhere' });
    expect((await machineToken(context, { gateway: 'elsewhere' })).source).toBe('issued');
  });

  it('that has expired is not given out', async () => {
    await authorize(context, input({ yes: true }));
    const later = { ...context.clock, now: () => Date.parse(expiresAt) - 30_000 };
    expect((await machineToken({ ...context, clock: later }, { gateway: 'gate' })).source).toBe('issued');
  });

  it('that another key closes is replaced, and that is said', async () => {
    await authorize(context, input({ yes: true }));
    const env = { ...context.env, RUNBEAM_ENCRYPTION_KEY: (await generateIdentity()).reveal() };
    expect((await machineToken({ ...context, env }, { gateway: 'gate' })).source).toBe('issued');
    expect(context.notes.some((line) => line.startsWith('The stored machine token of gate cannot be read'))).toBe(true);
  });

  it('is not asked for with an unprintable code', async () => {
    expect((await failure(() => machineToken(context, { gateway: 'a\u0000b' }))).code).toBe('usage');
    expect((await failure(() => machineToken(context, { gateway: ' ' }))).code).toBe('usage');
  });
});
