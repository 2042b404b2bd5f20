import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { Secret } from '../secret.ts';
import { deleteInstanceKey, findInstanceKey, setInstanceKey } from '../store/instances/instance-key.ts';
import { addInstance, listInstances, type Instance } from '../store/instances/instances.ts';
import { loadMachineToken } from '../store/instances/machine-token.ts';
import { readLedger } from '../store/instances/token-ledger.ts';
import { instanceKeyFile, machineTokenFile, pendingTokenFile, resolveHomes, type Homes } from '../store/paths.ts';
import { generateIdentity } from '../store/secrets/age-identity.ts';
import type { AuthorizeRequest } from './authorization.ts';
import { authorizeInstance, machineTokenFor, type AuthorizeDeps } from './authorize.ts';
import { failure } from '../errors.testing.ts';
import { createHttp } from '../net/http-client.ts';
import { mockNetwork, type Answer, type Answers, type MockedServer } from '../net/msw.testing.ts';

const network = mockNetwork();
const http = createHttp({ env: {} });
const CLOUD = 'https://api.runbeam.example';
const HOUR = 3_600_000;
const inAnHour = new Date(Math.floor(Date.now() / 1000) * 1000 + HOUR).toISOString();
const userToken = new Secret(randomBytes(24).toString('hex'));
const GATEWAY = { id: 'gw9', code: 'theirs', name: 'Gate nine' };
const NO_BASE_URL: Answers = { 'GET /api/harmony/base-url': [404, {}], 'GET /harmony/base-url': [404, {}] };
const DISABLED: Answer = [403, { error: 'Forbidden', message: 'runbeam.enabled is not true' }];

/** Where a key goes. */
const IN_FILE = { env: {}, inKeyring: false };

let folder: string;
let homes: Homes;
let cloud: MockedServer;
let harmony: MockedServer;
let instance: Instance;
let answers: Answers;
let cloudAnswers: Answers;
let issued: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'authorize é '));
  homes = resolveHomes({}, folder);
  issued = [];
  cloudAnswers = {
    ...NO_BASE_URL,
    'POST /harmony/authorize': () => {
      const machineToken = randomBytes(24).toString('hex');
      issued.push(machineToken);
      const by = { id: 1, name: 'Alice', email: 'alice@example.com' };
      const gateway = { ...GATEWAY, authorized_by: by };
      return [200, { machine_token: machineToken, expires_in: 3600, expires_at: inAnHour, gateway, abilities: ['a'] }];
    },
  };
  cloud = network.serve(CLOUD, cloudAnswers);
  answers = { 'GET /admin/info': [200, { version: '0.4.0' }], 'POST /admin/token': [200, {}] };
  harmony = network.serve('http://127.0.0.1:8081', answers);
  instance = await addInstance(
    { homes, clock: systemClock },
    { ip: '127.0.0.1', port: 8081, label: 'gate', pathPrefix: 'admin' },
  );
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function deps(more: Partial<AuthorizeDeps> = {}): AuthorizeDeps {
  const accessToken = (): Promise<Secret> => Promise.resolve(userToken);
  return { homes, env: {}, http, gatewayHttp: () => http, clock: systemClock, accessToken, apiUrl: CLOUD, ...more };
}

function request(more: Partial<AuthorizeRequest> = {}): AuthorizeRequest {
  const { id, ip, port, label, pathPrefix } = instance;
  return { instance: { id, ip, port, label, pathPrefix }, via: 'cloud', retry: false, ...more };
}

const facts = {
  gateway: GATEWAY,
  expiresAt: inAnHour,
  expiresIn: 3600,
  abilities: ['a'],
  authorizedBy: { name: 'Alice', email: 'alice@example.com' },
};
const kept = (): boolean => existsSync(pendingTokenFile(homes, instance.id));
const calls = (server: MockedServer): string[] => server.asked.map(({ call }) => call);
const stored = async () => {
  const key = await findInstanceKey({ homes, clock: systemClock }, instance.id, {});
  return key && (await loadMachineToken(homes, instance.id, key));
};

describe('an authorization by the cloud', () => {
  it('delivers the token without a key that was made here, stores it and remembers the gateway', async () => {
    expect(await authorizeInstance(deps(), request())).toEqual({ ...facts, via: 'cloud', delivered: true });
    expect(harmony.asked).toEqual([
      {
        call: 'POST /admin/token',
        json: {
          machine_token: issued[0],
          expires_at: inAnHour,
          gateway_id: 'gw9',
          gateway_code: 'theirs',
          abilities: ['a'],
          api_base_url: cloud.origin,
        },
      },
    ]);
    expect((await stored())?.machineToken.reveal()).toBe(issued[0]);
    expect([kept(), listInstances(homes)[0]?.gatewayId]).toEqual([false, 'gw9']);
  });

  it('keeps the token encrypted before it delivers it', async () => {
    let seen: Buffer | undefined;
    answers['POST /admin/token'] = () => {
      seen = readFileSync(pendingTokenFile(homes, instance.id));
      return [200, {}];
    };
    await authorizeInstance(deps(), request());
    expect([seen?.toString('latin1').startsWith('age-encryption.org/v1'), seen?.includes(issued[0] ?? '')]).toEqual([
      true,
      false,
    ]);
  });

  it('sends the key from RUNBEAM_ENCRYPTION_KEY when there is one', async () => {
    await authorizeInstance(deps(), request());
    const own = (await findInstanceKey({ homes, clock: systemClock }, instance.id, {}))?.identity.reveal() ?? '';
    rmSync(join(homes.runbeam, instance.id), { recursive: true });
    await authorizeInstance(deps({ env: { RUNBEAM_ENCRYPTION_KEY: `${own}\n` } }), request());
    expect(harmony.asked[1]?.json).toMatchObject({ encryption_key: Buffer.from(own).toString('base64') });
    expect(existsSync(join(homes.runbeam, instance.id, 'encryption.key'))).toBe(false);
  });

  it('sends the key that was set, until the key file is another one', async () => {
    const store = { homes, clock: systemClock };
    const { base64 } = await setInstanceKey(store, instance.id, (await generateIdentity()).reveal(), IN_FILE);
    expect((await authorizeInstance(deps(), request())).keySent).toBe(true);
    expect(harmony.asked[0]?.json).toMatchObject({ encryption_key: base64.reveal() });
    // Another program may replace the key: nobody set that one.
    const other = Buffer.from((await generateIdentity()).reveal()).toString('base64');
    writeFileSync(instanceKeyFile(homes, instance.id), other, { mode: 0o600 });
    expect((await authorizeInstance(deps(), request())).keySent).toBeUndefined();
    expect(harmony.asked[1]?.json).not.toHaveProperty('encryption_key');
    await deleteInstanceKey({ homes, clock: systemClock }, instance.id, {});
    await authorizeInstance(deps(), request());
    expect(harmony.asked[2]?.json).not.toHaveProperty('encryption_key');
  });

  it('asks nothing of the gateway when the cloud refuses', async () => {
    cloud = network.serve(CLOUD, { ...NO_BASE_URL, 'POST /harmony/authorize': [401, {}] });
    expect(await failure(() => authorizeInstance(deps(), request()))).toEqual({
      code: 'token_rejected',
      message: `${cloud.host} rejected the session`,
      hint: { command: 'runbeam login' },
    });
    expect([harmony.asked, kept()]).toEqual([[], false]);
  });

  it('delivers to an instance that was removed meanwhile', async () => {
    rmSync(join(homes.runbeam, 'harmony.json'));
    expect((await authorizeInstance(deps(), request())).delivered).toBe(true);
  });
});

describe('a token that cannot be delivered', () => {
  it('is kept, reported with help, and delivered by a retry that asks the cloud for nothing', async () => {
    answers['POST /admin/token'] = DISABLED;
    const problem = {
      message: `The Runbeam integration of Harmony at ${harmony.host} is disabled`,
      hint:
        "Set enabled = true under [runbeam] in Harmony's config.toml, then restart it or run " +
        'runbeam harmony:reload -l gate, and: runbeam harmony:authorize -l gate --retry',
    };
    expect(await authorizeInstance(deps(), request())).toEqual({ ...facts, via: 'cloud', delivered: false, problem });
    expect([kept(), await stored(), listInstances(homes)[0]?.gatewayId]).toEqual([true, undefined, undefined]);

    answers['POST /admin/token'] = [200, {}];
    const asleep = deps({ accessToken: () => Promise.reject(new Error('not to be asked')) });
    expect(await authorizeInstance(asleep, request({ retry: true }))).toEqual({
      gateway: { id: 'gw9', code: 'theirs', name: 'gate' },
      expiresAt: inAnHour,
      abilities: ['a'],
      via: 'cloud',
      delivered: true,
    });
    expect([kept(), (await stored())?.machineToken.reveal(), issued.length]).toEqual([false, issued[0], 1]);
  });

  it('is delivered once by two at the same time, and both say so', async () => {
    answers['POST /admin/token'] = [500, {}];
    await authorizeInstance(deps(), request());
    answers['POST /admin/token'] = [200, {}];
    const both = await Promise.all([0, 1].map(() => authorizeInstance(deps(), request({ retry: true }))));
    expect(both.map(({ delivered, expiresAt }) => [delivered, expiresAt])).toEqual([
      [true, inAnHour],
      [true, inAnHour],
    ]);
    expect(harmony.asked.map(({ call }) => call)).toEqual(['POST /admin/token', 'POST /admin/token']);
  });

  it.each<[string, Answer]>([
    ['server_error', [500, {}]],
    ['a redirect', [307, {}, { location: 'https://elsewhere.example' }]],
    ['nobody there', 'reset'],
  ])('is kept on %s', async (_, answer) => {
    answers['POST /admin/token'] = answer;
    expect((await authorizeInstance(deps(), request())).delivered).toBe(false);
    expect([kept(), existsSync(machineTokenFile(homes, instance.id))]).toEqual([true, false]);
  });

  it('is refused once it has expired, and when there is none', async () => {
    const again = { hint: { command: 'runbeam harmony:authorize -l gate' } };
    const none = { code: 'not_found', message: 'No undelivered machine token is kept for this instance', ...again };
    expect(await failure(() => authorizeInstance(deps(), request({ retry: true })))).toEqual(none);
    answers['POST /admin/token'] = [500, {}];
    await authorizeInstance(deps(), request());
    const later = { ...systemClock, now: () => Date.now() + 2 * HOUR };
    expect(await failure(() => authorizeInstance(deps({ clock: later }), request({ retry: true })))).toEqual({
      code: 'expired_token',
      message: 'The machine token that was kept for this instance has expired',
      ...again,
    });
    expect(kept()).toBe(false);
  });
});

describe('an older gateway', () => {
  const authorized: Answer = [201, { success: true, gateway: GATEWAY, expires_at: inAnHour, expires_in: 3600 }];
  const result = { gateway: GATEWAY, expiresAt: inAnHour, expiresIn: 3600, abilities: [], via: 'harmony', delivered: true };

  it('never gets the session for a 404: the token stays kept', async () => {
    answers['POST /admin/token'] = [404, {}];
    answers['POST /admin/authorize'] = authorized;
    const { delivered, problem } = await authorizeInstance(deps(), request());
    expect([delivered, problem?.message, kept(), calls(harmony)]).toEqual([
      false,
      `Harmony at ${harmony.host} has no /admin/token: an older one has none, or the path prefix is wrong`,
      true,
      ['POST /admin/token'],
    ]);
  });

  it('asks the cloud itself with via harmony', async () => {
    answers['POST /admin/authorize'] = authorized;
    expect(await authorizeInstance(deps(), request({ via: 'harmony' }))).toEqual(result);
    expect([cloud.asked, harmony.asked]).toEqual([
      [],
      [
        { call: 'GET /admin/info' },
        {
          call: 'POST /admin/authorize',
          bearer: userToken.reveal(),
          json: { gateway_code: instance.id, gateway_id: instance.id },
        },
      ],
    ]);
    expect(listInstances(homes)[0]?.gatewayId).toBe('gw9');
  });

  it('may answer 200, and less than the newer ones', async () => {
    answers['POST /admin/authorize'] = [200, { gateway: { id: 9 }, expires_at: inAnHour, expires_in: '3600' }];
    const { gateway, delivered } = await authorizeInstance(deps(), request({ via: 'harmony' }));
    expect([gateway, delivered]).toEqual([{ id: '9', code: instance.id, name: '9' }, true]);
  });

  it('is sent the key that was configured', async () => {
    answers['POST /admin/authorize'] = authorized;
    const { base64 } = await setInstanceKey(
      { homes, clock: systemClock },
      instance.id,
      (await generateIdentity()).reveal(),
      IN_FILE,
    );
    expect((await authorizeInstance(deps(), request({ via: 'harmony' }))).keySent).toBe(true);
    expect(harmony.asked[1]?.json).toMatchObject({ encryption_key: base64.reveal() });
  });

  it.each<[string, Answer, unknown]>([
    ['in trouble', [503, {}], { code: 'server_error' }],
    ['no Harmony', [200, { hello: 'you' }], { code: 'bad_answer' }],
    ['elsewhere', [404, {}], { code: 'not_found' }],
  ])('that is %s is not handed the session, and nothing was perhaps issued', async (_how, info, error) => {
    answers['GET /admin/info'] = info;
    expect(await failure(() => authorizeInstance(deps(), request({ via: 'harmony' })))).toMatchObject({ ...(error as object) });
    expect([calls(harmony), readLedger(homes)]).toEqual([['GET /admin/info'], []]);
  });

  it('whose trouble comes after the session has perhaps passed it on', async () => {
    answers['POST /admin/authorize'] = [503, {}];
    const { code } = await failure(() => authorizeInstance(deps(), request({ via: 'harmony' })));
    expect([code, readLedger(homes).map(({ state }) => state)]).toEqual(['server_error', ['unanswered']]);
  });

  it('fails with the help where its integration is disabled', async () => {
    answers['POST /admin/authorize'] = DISABLED;
    expect((await failure(() => authorizeInstance(deps(), request({ via: 'harmony' })))).code).toBe('forbidden');
  });
});

describe('where a session must not go', () => {
  it('refuses an address that asks for plain http off loopback before anything is issued', async () => {
    const away = { ...request().instance, ip: 'http://192.0.2.1' };
    const error = await failure(() => authorizeInstance(deps(), request({ instance: away })));
    expect([error.code, issued, cloud.asked]).toEqual(['insecure_transport', [], []]);
  });
});

describe('machineTokenFor', () => {
  it('of an instance is stored there before anybody is told', async () => {
    const { token, stored: isStored } = await machineTokenFor(deps(), { gatewayCode: instance.id, instanceId: instance.id });
    expect([isStored, (await stored())?.machineToken.reveal()]).toEqual([true, token.machineToken.reveal()]);
  });

  it('is given out all the same when it could not be stored', async () => {
    const name = 'POST /harmony/authorize';
    const answer = cloudAnswers[name];
    cloudAnswers[name] = (asked) => {
      // In the way of what is written only after the answer.
      mkdirSync(machineTokenFile(homes, instance.id), { recursive: true });
      return typeof answer === 'function' ? answer(asked) : [500, {}];
    };
    const { token, stored: isStored } = await machineTokenFor(deps(), { gatewayCode: instance.id, instanceId: instance.id });
    expect([isStored, token.machineToken.reveal()]).toEqual([false, issued[0]]);
  });

  it('is issued and neither delivered nor stored', async () => {
    const { machineToken, issuedAt, ...rest } = await machineTokenFor(deps(), { gatewayCode: 'elsewhere' }).then(
      ({ token }) => token,
    );
    expect(machineToken.reveal()).toBe(issued[0]);
    expect(Math.abs(Date.parse(issuedAt ?? '') - Date.now())).toBeLessThan(60_000);
    expect(rest).toEqual({ expiresAt: inAnHour, gatewayId: 'gw9', gatewayCode: 'theirs', abilities: ['a'] });
    expect([harmony.asked, await stored(), kept()]).toEqual([[], undefined, false]);
  });
});

it('lets two authorizations of one instance happen one after the other', async () => {
  const results = await Promise.all([authorizeInstance(deps(), request()), authorizeInstance(deps(), request())]);
  expect(results.map(({ delivered }) => delivered)).toEqual([true, true]);
  expect([(await stored())?.machineToken.reveal(), kept(), issued.length]).toEqual([issued[1], false, 2]);
});
