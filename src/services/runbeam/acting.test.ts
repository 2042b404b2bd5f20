/** As whom runbeam acts: every combination of what may be there, and where the token then goes. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { mockNetwork, type Answer, type Answers, type Asked, type MockedServer } from '../../net/msw.testing.ts';
import { Secret } from '../../secret.ts';
import { testContexts, type TestContext } from '../services.testing.ts';
import { cloudAccount, runbeamServer } from './account.ts';
import { tokenForRun } from './fleet/fleet-token.ts';
import { actingFor, passedOver, type Acting, type WorkOf } from './acting.ts';

const network = mockNetwork();
const contextFor = testContexts();
const secret = (): string => randomBytes(20).toString('hex');

const SECRETS = { config: `1|${secret()}`, token: `2|${secret()}`, machine: `mt_${secret()}`, login: `3|${secret()}` };
type Given = keyof typeof SECRETS;

const FAR = new Date(Date.now() + 86_400_000).toISOString();
const machineJson = (more: object = {}): string =>
  JSON.stringify({ machine_token: SECRETS.machine, expires_at: FAR, gateway_id: 'gw1', abilities: [], ...more });

let cloud: MockedServer;
let other: MockedServer;
let answers: Answers;

beforeEach(() => {
  answers = {
    'GET /api/harmony/base-url': [404, {}],
    'GET /harmony/base-url': [404, {}],
    'GET /gateways/gw1': [200, { data: { id: 'gw1' } }],
  };
  cloud = network.serve('https://api.runbeam.example', answers);
  other = network.serve('https://ci.runbeam.example', answers);
});

interface Placed {
  readonly context: TestContext;
  readonly config?: string;
}

/** A user who has these, and is on the configured cloud. */
async function place(has: readonly Given[], env: Readonly<Record<string, string>> = {}): Promise<Placed> {
  const context = contextFor({
    env: {
      RUNBEAM_API_URL: cloud.origin,
      ...(has.includes('token') && { RUNBEAM_TOKEN: `${SECRETS.token}\n` }),
      ...(has.includes('machine') && { RUNBEAM_MACHINE_TOKEN: machineJson() }),
      ...env,
    },
  });
  if (has.includes('login')) {
    const account = cloudAccount(runbeamServer(context), cloud.origin, { user: 'alice@example.com' });
    await context.accounts.save(account, { accessToken: new Secret(SECRETS.login) });
  }
  if (!has.includes('config')) return { context };
  return { context, config: configFile(context, `server: ci.runbeam.example\ntoken: "${SECRETS.config}"\n`) };
}

function configFile(context: TestContext, text: string): string {
  const path = join(context.cwd, 'ci.yaml');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** Who acts, by which token reached which cloud; else the code of the error. */
async function winner({ context, config }: Placed, workOf: WorkOf): Promise<string> {
  const acting = await actingFor(context, config === undefined ? { workOf } : { config, workOf });
  const before = [cloud.asked.length, other.asked.length] as const;
  await (await acting.cloud()).gateways.get('gw1');
  const sent = [...cloud.asked.slice(before[0]), ...other.asked.slice(before[1])];
  const [token = '', ...more] = [...new Set(sent.map(({ bearer }) => bearer))];
  expect(more).toEqual([]);
  const which = Object.entries(SECRETS).find(([, text]) => text === token)?.[0] ?? 'nobody';
  return `${which} at ${new URL(acting.apiUrl).host}`;
}

const CLOUD = 'api.runbeam.example';
const ALL: readonly Given[] = ['config', 'token', 'machine', 'login'];
const subsets = ALL.reduce<readonly (readonly Given[])[]>((sets, one) => [...sets, ...sets.map((set) => [...set, one])], [[]]);

/** The table of acting.ts, the strongest first. */
const MAY: Readonly<Record<WorkOf, readonly Given[]>> = {
  user: ['config', 'token', 'login'],
  gateway: ['config', 'machine'],
  either: ['config', 'token', 'machine', 'login'],
};

describe.each(['user', 'gateway', 'either'] as const)('a work of %s', (workOf) => {
  it.each(subsets.map((set) => [set.join(', ') || 'nothing', set] as const))('with %s', async (_, has) => {
    const placed = await place(has);
    const top = MAY[workOf].find((one) => has.includes(one));
    if (top === undefined) {
      expect(await failure(() => winner(placed, workOf))).toMatchObject({ code: 'login_required' });
      expect([cloud.asked, other.asked]).toEqual([[], []]);
    } else {
      expect(await winner(placed, workOf)).toBe(`${top} at ${top === 'config' ? 'ci.runbeam.example' : CLOUD}`);
    }
  });
});

describe('what does not fit', () => {
  it('a machine token is no user, and a user no gateway', async () => {
    const { context } = await place(['machine']);
    expect(await failure(() => actingFor(context, { workOf: 'user' }))).toEqual({
      code: 'login_required',
      message: `RUNBEAM_MACHINE_TOKEN acts for a gateway, and this is a user's to do. You are not logged in to Runbeam Cloud at ${CLOUD}`,
      hint: { command: 'runbeam login' },
    });
    expect(await failure(async () => actingFor((await place(['token', 'login'])).context, { workOf: 'gateway' }))).toEqual({
      code: 'login_required',
      message: "This is a gateway's to do: it takes a machine token in RUNBEAM_MACHINE_TOKEN",
      hint: { command: 'export RUNBEAM_MACHINE_TOKEN=$(runbeam token:get -g CODE --raw)' },
    });
  });

  it.each([
    [
      'a machine token as a user',
      { RUNBEAM_TOKEN: machineJson() },
      'usage',
      'RUNBEAM_TOKEN holds a machine token, which acts for a gateway',
    ],
    [
      'two words',
      { RUNBEAM_TOKEN: 'a b' },
      'usage',
      'RUNBEAM_TOKEN holds a space, a line break or another character that no token has, or too much',
    ],
    ['half a JSON', { RUNBEAM_MACHINE_TOKEN: '{"machine_token":' }, 'bad_file', 'RUNBEAM_MACHINE_TOKEN is not valid JSON'],
    [
      'JSON without a token',
      { RUNBEAM_MACHINE_TOKEN: '{"gateway_id":"x"}' },
      'bad_file',
      'RUNBEAM_MACHINE_TOKEN lacks `machine_token`',
    ],
    [
      'one that ended',
      { RUNBEAM_MACHINE_TOKEN: machineJson({ expires_at: '2020-01-01T00:00:00Z' }) },
      'expired_token',
      'The machine token in RUNBEAM_MACHINE_TOKEN expired at 2020-01-01T00:00:00Z',
    ],
    [
      'plain http elsewhere',
      { RUNBEAM_TOKEN: SECRETS.token, RUNBEAM_API_URL: 'http://api.runbeam.example' },
      'insecure_transport',
      'The API URL for api.runbeam.example is plain http, which is for this machine only',
    ],
  ] as const)('%s', async (_, env, code, message) => {
    const { context } = await place([], env);
    expect(await failure(() => actingFor(context, { workOf: 'either' }))).toMatchObject({ code, message });
  });

  it.each([
    ['plain http elsewhere', 'server: http://ci.runbeam.example', 'insecure_transport'],
    ['a password', 'server: https://user:pw@ci.runbeam.example', 'bad_server'],
    ['no server', '', 'bad_config'],
  ])('a file with %s', async (_, line, code) => {
    const { context } = await place(['login', 'token']);
    const config = configFile(context, `${line}\ntoken: "${SECRETS.config}"\n`);
    const error = await failure(() => actingFor(context, { config, workOf: 'user' }));
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(error)).not.toContain('pw');
  });
});

describe('a machine token', () => {
  it.each([
    ['as the SDK 0.11 has it', machineJson({ issued_at: '2026-01-01T00:00:00Z' })],
    ['as older ones have it', machineJson({ gateway_code: 'code' })],
    ['with both', machineJson({ issued_at: '2026-01-01T00:00:00Z', gateway_code: 'code' })],
    ['alone', SECRETS.machine],
    ['from a file with a line break', `${SECRETS.machine}\r\n`],
  ])('%s', async (_, text) => {
    expect(await winner(await place([], { RUNBEAM_MACHINE_TOKEN: text }), 'either')).toBe(`machine at ${CLOUD}`);
  });
});

describe('a token that is refused', () => {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('says where it came from, and what other issuer it names; nobody else is asked', async () => {
    answers['GET /gateways/gw1'] = [401, {}];
    const jwt = `${part({ alg: 'RS256' })}.${part({ iss: 'https://elsewhere.example/api' })}.${part({})}`;
    const { context } = await place([], { RUNBEAM_TOKEN: jwt });
    const acting = await actingFor(context, { workOf: 'user' });
    expect(await failure(async () => (await acting.cloud()).gateways.get('gw1'))).toEqual({
      code: 'token_rejected',
      message: `${CLOUD} rejected the token of RUNBEAM_TOKEN; it names another issuer, https://elsewhere.example`,
      hint: { text: 'Put a token that is good there into RUNBEAM_TOKEN, or unset it to use your login' },
    });
    answers['POST /harmony/authorize'] = [401, {}];
    const refused = acting.withBroker((broker) => broker.machineToken({ gatewayCode: 'x' }));
    expect(await failure(() => refused)).toMatchObject({
      code: 'token_rejected',
      message: expect.stringContaining('RUNBEAM_TOKEN') as string,
    });
  });

  it('of a login is followed by the one of a login since, once', async () => {
    const { context } = await place(['login']);
    const fresh = `9|${secret()}`;
    const asked: unknown[] = [];
    const open: TestContext['agents']['open'] = async (which) => {
      const agent = await context.agents.open(which);
      const token: typeof agent.token = (request) => {
        asked.push(request?.refused?.reveal());
        return agent.token(request);
      };
      return { ...agent, token };
    };
    const acting = await actingFor({ ...context, agents: { ...context.agents, open } }, { workOf: 'user' });
    answers['GET /gateways/gw1'] = async ({ bearer }: Asked): Promise<Answer> => {
      if (bearer === fresh) return [200, { data: { id: 'gw1' } }];
      const { account } = acting;
      if (account !== undefined) await context.accounts.save(account, { accessToken: new Secret(fresh) });
      return [401, {}];
    };
    expect(await (await acting.cloud()).gateways.get('gw1')).toEqual({ id: 'gw1' });
    // For where the API is, for the call, and after it was refused.
    expect(asked).toEqual([undefined, undefined, SECRETS.login]);
    answers['GET /gateways/gw1'] = [401, {}];
    expect(await failure(async () => (await acting.cloud()).gateways.get('gw1'))).toMatchObject({
      code: 'token_rejected',
      hint: { command: 'runbeam login' },
    });
  });
});

describe('work that changes something, with a token that is refused', () => {
  const ISSUE = 'POST /harmony/authorize';
  const issued = [
    200,
    { machine_token: SECRETS.machine, expires_in: 60, expires_at: FAR, gateway: { id: 'gw1' }, abilities: [] },
  ];

  it('is done with the token of a login since, which then stands in the body as well; with a given token it is asked for once', async () => {
    const { context } = await place(['login']);
    const fresh = `9|${secret()}`;
    const acting = await actingFor(context, { workOf: 'user' });
    const refuse = async ({ bearer }: Asked): Promise<Answer> => {
      if (bearer === fresh) return issued as unknown as Answer;
      if (acting.account !== undefined) await context.accounts.save(acting.account, { accessToken: new Secret(fresh) });
      return [401, {}];
    };
    answers[ISSUE] = refuse;
    const { token } = await acting.withBroker((broker) => broker.machineToken({ gatewayCode: 'gw1' }));
    expect(token.machineToken.reveal()).toBe(SECRETS.machine);
    const sent = cloud.asked.filter(({ call }) => call === ISSUE);
    expect(sent.map(({ bearer, json }) => [bearer, (json as { token: string }).token])).toEqual([
      [SECRETS.login, SECRETS.login],
      [fresh, fresh],
    ]);

    answers[ISSUE] = [401, {}];
    const before = cloud.asked.length;
    const given = await actingFor((await place(['token'])).context, { workOf: 'user' });
    const refused = given.withBroker((broker) => broker.machineToken({ gatewayCode: 'gw1' }));
    expect(await failure(() => refused)).toMatchObject({ code: 'token_rejected' });
    expect(cloud.asked.slice(before).filter(({ call }) => call === ISSUE)).toHaveLength(1);
  });

  it('of a run over many is asked for anew once for all who report it', async () => {
    const tokens = [new Secret('1'), new Secret('2')];
    const asked: unknown[] = [];
    const token = tokenForRun(
      {
        token: (refused) => {
          asked.push(refused?.reveal());
          return Promise.resolve(tokens[asked.length - 1] ?? new Secret(''));
        },
      },
      { elapsed: () => 0 },
    );
    const first = await token();
    const others = await Promise.all([token(), token(first), token(first), token(first)]);
    expect(others.map((each) => each.reveal())).toEqual(['1', '2', '2', '2']);
    expect((await token()).reveal()).toBe('2');
    expect(asked).toEqual([undefined, '1']);
  });
});

describe('who wants to know why', () => {
  const over = async ({ context, config }: Placed): Promise<readonly [Acting['title'], readonly string[]]> => {
    const acting = await actingFor(context, config === undefined ? { workOf: 'user' } : { config, workOf: 'user' });
    return [acting.title, await passedOver(context, acting)];
  };

  it('is told who won, and what else was there', async () => {
    const withConfig = await place(ALL);
    expect(await over(withConfig)).toEqual([withConfig.config, ['RUNBEAM_TOKEN', 'RUNBEAM_MACHINE_TOKEN']]);
    const login = 'the login of alice@example.com';
    expect(await over(await place(['token', 'machine', 'login']))).toEqual(['RUNBEAM_TOKEN', ['RUNBEAM_MACHINE_TOKEN', login]]);
    expect(await over(await place(['machine', 'login']))).toEqual([login, ['RUNBEAM_MACHINE_TOKEN']]);
  });
});
