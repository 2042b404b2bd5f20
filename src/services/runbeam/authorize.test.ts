import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BeamError } from '../../errors.ts';
import { mockNetwork, type Answer, type Answers, type Asked, type MockedServer } from '../../net/msw.testing.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { generateIdentity } from '../../store/secrets/age-identity.ts';
import type { Instance } from '../../store/instances/instances.ts';
import { runbeamServer } from './account.ts';
import { authorize, uploadAfter, type AuthorizeInput, type AuthorizeOutcome } from './authorize.ts';
import { addNewInstance } from './gateways/add-instance.ts';
import { createTestContext, type TestContext, type TestUser } from '../services.testing.ts';
import { machineToken } from './token.ts';

const expiresAt = new Date(Math.floor(Date.now() / 1000) * 1000 + 86_400_000).toISOString();
const INFO = { version: '0.12.0', uptime: 1, os: 'linux', arch: 'x86_64' };
const takeToken = ({ json }: Asked): Answer => [JSON.stringify(json) === '{}' ? 400 : 200, {}];
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
  answers = {
    'GET /admin/info': [200, INFO],
    'GET /admin/token': [404, {}],
    'POST /admin/token': takeToken,
    'POST /admin/update': [200, { config_size: 42 }],
  };
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
  ({ instance } = await addNewInstance(context, { ip: '127.0.0.1', port: 8081, label: 'gate', check: false }));
}

function input(more: Partial<AuthorizeInput> = {}): AuthorizeInput {
  return { label: 'gate', via: 'cloud', retry: false, update: false, ask: true, ...more };
}

async function authorizeAndUpload(more: Partial<AuthorizeInput> = {}): Promise<AuthorizeOutcome> {
  const done = await authorize(context, input(more));
  return { ...done, upload: await uploadAfter(context, input(more), done) };
}

const calls = (): string[] => harmony.asked.map(({ call }) => call);
const PROBE = ['GET /admin/info', 'GET /admin/token', 'POST /admin/token'];
const AUTHORIZED = [...PROBE, 'POST /admin/token'];

describe('the upload after an authorization', () => {
  const done = { status: 'done', configSize: 42 };

  it.each([
    ['nobody to ask', undefined, {}, { status: 'skipped', asked: true }, 1],
    ['no', false, {}, { status: 'skipped', asked: true }, 1],
    ['yes', true, {}, done, 1],
    ['--update', undefined, { update: true }, done, 0],
    ['-y', true, { ask: false }, { status: 'skipped', asked: false }, 0],
    ['-y --update', undefined, { ask: false, update: true }, done, 0],
  ] as const)('%s', async (_, answer, flags, upload, asked) => {
    await openContext(answer === undefined ? {} : { answer });
    const outcome = await authorizeAndUpload(flags);
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
    expect(calls()).toEqual(upload === done ? [...AUTHORIZED, 'POST /admin/update'] : AUTHORIZED);
  });

  it('asks nothing before the authorization was reported', async () => {
    await openContext({ answer: true });
    await authorize(context, input());
    expect([context.questions, calls()]).toEqual([[], AUTHORIZED]);
  });

  it('that is interrupted at the question leaves an authorization that went well', async () => {
    const interrupted = { ...context, confirm: () => Promise.reject(new BeamError('interrupted', 'Interrupted')) };
    const authorized = await authorize(interrupted, input());
    expect(await uploadAfter(interrupted, input(), authorized)).toEqual({ status: 'skipped', asked: true });
  });

  it('reports its own failure and leaves the authorization standing', async () => {
    answers['POST /admin/update'] = [500, {}];
    const { result, upload } = await authorizeAndUpload({ update: true });
    expect([result.delivered, upload]).toEqual([
      true,
      {
        status: 'failed',
        problem: new BeamError('server_error', `Harmony at ${harmony.host} answered 500 to /admin/update`, { status: 500 }),
      },
    ]);
  });

  it('does not happen when the token was not delivered', async () => {
    refuseTokens();
    const { result, upload } = await authorizeAndUpload({ update: true });
    expect([result.delivered, upload, calls()]).toEqual([false, { status: 'skipped', asked: false }, AUTHORIZED]);
  });
});

/** The gateway has the API, and is in trouble as soon as there is something to store. */
function refuseTokens(): void {
  answers['POST /admin/token'] = ({ json }) => [JSON.stringify(json) === '{}' ? 400 : 500, {}];
}

describe('what a gateway cannot take is not issued', () => {
  const old = (): void => {
    answers['POST /admin/token'] = [404, {}];
    answers['GET /admin/info'] = [200, { ...INFO, version: '0.4.1' }];
    const gateway = { id: 'gw1', code: 'gate-code', name: 'Gate' };
    answers['POST /admin/authorize'] = [201, { success: true, gateway, expires_at: expiresAt, expires_in: 86_400 }];
  };

  it.each([
    ['nobody to ask', undefined, {}],
    ['a no', false, {}],
    ['-y', true, { ask: false }],
  ] as const)('a gateway without /token, and %s', async (_, answer, flags) => {
    await openContext(answer === undefined ? {} : { answer });
    old();
    expect(await failure(() => authorize(context, input(flags)))).toEqual({
      code: 'forbidden',
      message:
        'Harmony 0.4.1 at gate takes no machine token; it can only be handed your session and ask Runbeam Cloud itself. ' +
        'Nothing was issued',
      hint: { command: `runbeam harmony:authorize --id ${instance.id} --via harmony` },
    });
    expect([issued, cloud.asked, calls()]).toEqual([[], [], PROBE]);
    expect(harmony.asked.some(({ bearer }) => bearer !== undefined)).toBe(false);
  });

  it('a gateway without /token, and a yes: the session goes to it', async () => {
    await openContext({ answer: true });
    old();
    expect((await authorize(context, input())).result).toMatchObject({ via: 'harmony', delivered: true });
    expect([issued, calls().at(-1)]).toEqual([[], 'POST /admin/authorize']);
  });

  it('--via harmony asks the user nothing', async () => {
    old();
    expect((await authorize(context, input({ via: 'harmony' }))).result.via).toBe('harmony');
    expect([context.questions, calls()]).toEqual([[], ['GET /admin/info', 'POST /admin/authorize']]);
  });

  it('405 to a look at /token says that there is one: nothing is posted', async () => {
    answers['GET /admin/token'] = [405, ''];
    await authorize(context, input());
    expect(calls()).toEqual(['GET /admin/info', 'GET /admin/token', 'POST /admin/token']);
  });

  it.each<[string, string, () => void]>([
    ['a gateway that is away', 'network', () => (answers['GET /admin/info'] = 'reset')],
    ['a gateway in trouble', 'server_error', () => (answers['GET /admin/info'] = [503, {}])],
    ['a wrong prefix', 'not_found', () => (answers['GET /admin/info'] = answers['POST /admin/token'] = [404, {}])],
    [
      'another program at that port',
      'bad_answer',
      () => (answers['GET /admin/info'] = answers['GET /admin/token'] = answers['POST /admin/token'] = [200, '<html></html>']),
    ],
  ])('%s', async (_, code, spoil) => {
    spoil();
    expect((await failure(() => authorize(context, input()))).code).toBe(code);
    expect([issued, cloud.asked]).toEqual([[], []]);
  });
});

it('takes the key of this environment, which never crosses a socket', async () => {
  const identity = (await generateIdentity()).reveal();
  await openContext({ env: { RUNBEAM_ENCRYPTION_KEY: identity } });
  const { agents } = context;
  const refused = { ...agents, open: () => Promise.reject(new Error('a key must not go to another process')) };
  await authorize({ ...context, agents: refused }, input());
  expect(harmony.asked.at(-1)?.json).toMatchObject({ encryption_key: Buffer.from(identity).toString('base64') });
});

it('warns of a key in a form that a gateway cannot read', async () => {
  const line = (await generateIdentity()).reveal();
  const warned = async (key: string): Promise<boolean> => {
    await openContext({ env: { RUNBEAM_ENCRYPTION_KEY: key } });
    await authorize(context, input());
    const [warning = '', next = ''] = context.notes;
    return warning.includes('cannot read') && next.includes('harmony:show-key');
  };
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  expect([await warned(line), await warned(`${line}\n`), await warned(base64(line))]).toEqual([false, false, false]);
  expect([await warned(base64(`${line}\n`)), await warned(base64(`# created: x\n# public key: age1\n${line}\n`))]).toEqual([
    true,
    true,
  ]);
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
    await authorize(context, input());
    const codes: Record<string, string> = {
      'label': 'gate',
      'id': instance.id,
      'gateway id': 'gw1',
      'gateway code': 'gate-code',
    };
    const found = await machineToken(context, { gateway: codes[by] ?? '', fresh: false });
    expect([found.source, found.instance?.id, found.token.machineToken.reveal()]).toEqual(['stored', instance.id, issued[0]]);
    expect(issued.length).toBe(1);
  });

  it('is issued and stored for an instance that has none, with the id as gateway code', async () => {
    expect((await machineToken(context, { gateway: 'gate', fresh: false })).source).toBe('issued');
    expect(cloud.asked.at(-1)?.json).toMatchObject({ gateway_code: instance.id });
    expect([(await machineToken(context, { gateway: 'gate', fresh: false })).source, issued.length, calls()]).toEqual([
      'stored',
      1,
      [],
    ]);
  });

  it('is not issued for a name of none: that is an error with what may be meant', async () => {
    await authorize(context, input());
    const unknown = (gateway: string) => failure(() => machineToken(context, { gateway, fresh: false }));
    const known = `known here: gate ${instance.id} gw1`;
    expect(await unknown('gaet')).toEqual({
      code: 'not_found',
      message: `No gateway is known here as gaet; ${known}; did you mean gate?`,
      hint: { text: 'For that one: runbeam token:get -g gate; for a new code: runbeam token:get -g gaet --new' },
    });
    expect((await unknown('GATE')).message).toContain('; did you mean gate?');
    expect((await unknown('gw2')).message).toContain('; did you mean gw1?');
    expect(await unknown('elsewhere')).toEqual({
      code: 'not_found',
      message: `No gateway is known here as elsewhere; ${known}`,
      hint: { text: 'For a code that is new here: runbeam token:get -g elsewhere --new' },
    });
    expect(issued.length).toBe(1);
  });

  it('is issued for a new code only if that is asked for, and said to be nowhere else', async () => {
    expect(await machineToken(context, { gateway: 'elsewhere', fresh: true })).toMatchObject({
      source: 'issued',
      kept: false,
      token: { gatewayId: 'gw1' },
    });
    expect(cloud.asked.at(-1)?.json).toMatchObject({ gateway_code: 'elsewhere' });
    expect(context.notes).toEqual(['! This machine token is stored nowhere here: what is printed now is the only copy']);
  });

  it('is issued anew and stored for an instance whose token is good, if that is asked for', async () => {
    await authorize(context, input());
    expect(await machineToken(context, { gateway: 'gw1', fresh: true })).toMatchObject({ source: 'issued', kept: true });
    expect((await machineToken(context, { gateway: 'gate', fresh: false })).token.machineToken.reveal()).toBe(issued[1]);
  });

  it('that has expired is replaced for the instance whose it is, by whatever name', async () => {
    await authorize(context, input());
    const later = { ...context, clock: { ...context.clock, now: () => Date.parse(expiresAt) } };
    expect(await machineToken(later, { gateway: 'gate-code', fresh: false })).toMatchObject({ source: 'issued', kept: true });
    expect(cloud.asked.at(-1)?.json).toMatchObject({ gateway_code: instance.id });
  });

  it('that has expired is not given out', async () => {
    await authorize(context, input());
    const later = { ...context.clock, now: () => Date.parse(expiresAt) - 30_000 };
    expect((await machineToken({ ...context, clock: later }, { gateway: 'gate', fresh: false })).source).toBe('issued');
  });

  it('that another key closes is replaced, and that is said', async () => {
    await authorize(context, input());
    const env = { ...context.env, RUNBEAM_ENCRYPTION_KEY: (await generateIdentity()).reveal() };
    expect((await machineToken({ ...context, env }, { gateway: 'gate', fresh: false })).source).toBe('issued');
    expect(context.notes.some((line) => line.startsWith('! The stored machine token of gate cannot be read'))).toBe(true);
  });

  it('is not asked for with an unprintable code', async () => {
    expect((await failure(() => machineToken(context, { gateway: 'a\u0000b', fresh: false }))).code).toBe('usage');
    expect((await failure(() => machineToken(context, { gateway: ' ', fresh: false }))).code).toBe('usage');
  });
});
