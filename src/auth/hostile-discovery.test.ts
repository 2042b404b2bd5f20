/**
 * Discovery documents that send secrets elsewhere. No request goes to any server but the one that was asked, save that a
 * login may go to one control plane that the user is shown; with a session, only to the servers pinned at login.
 */
import { describe, expect, test } from 'vitest';
import { BeamError } from '../errors.ts';
import { isLoopback, type Http, type HttpResponse } from '../http.ts';
import { parseServer } from '../store/server.ts';
import type { Account } from '../store/accounts/account.ts';
import type { Session } from './dialect/dialect.ts';
import { discoverDialect } from './discover.ts';
import { sessionDialect } from './session-dialect.ts';
import { accountOf, credentialOf, randomToken, tickingClock } from './auth.testing.ts';

const BEAM_FIELDS = ['device_code_url', 'token_url', 'verification_uri', 'revocation_url'] as const;
const OAUTH_FIELDS = [
  'issuer',
  'token_endpoint',
  'device_authorization_endpoint',
  'revocation_endpoint',
  'userinfo_endpoint',
  'jwks_uri',
  'authorization_endpoint',
  'mtls_endpoint_aliases',
];

const SERVERS = [
  'https://edge.example.com',
  'https://edge.co.uk',
  'https://mine.github.io',
  'https://10.0.0.5',
  'https://edge.example.com:8443',
  'http://127.0.0.1:4000',
  'http://[::1]:4000',
  'http://localhost:4000',
];

/** Places that look near, and are not the server's. */
function elsewhere(origin: string): unknown[] {
  const { host, hostname } = new URL(origin);
  return [
    'https://attacker.example/token',
    `https://${hostname}.attacker.example/`,
    `https://attacker-${hostname.split('.').slice(-2).join('.')}/`,
    `https://${host}@attacker.example/`,
    `https://attacker.example#@${host}/`,
    `https://attacker.example\\@${host}/`,
    `https://attacker.example/?${host}`,
    `https://user:pass@${host}/`,
    `http://${isLoopback(hostname) ? 'attacker.example' : host}/`,
    'http://169.254.169.254/latest/meta-data/',
    'http://127.0.0.2:4000/',
    'http://0.0.0.0:4000/',
    'https://co.uk/',
    'https://theirs.github.io/',
    'https://10.0.0.6/',
    '//attacker.example/',
    '/token',
    'token',
    'https:attacker.example',
    'https://',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'data:application/json,{}',
    'ftp://attacker.example/',
    'unix:/run/docker.sock',
    `https://attacker.example/${'a'.repeat(5_000)}`,
    'https://attacker\u3002example/',
    'https://\u202eelpmaxe.rekcatta/',
    ' https://attacker.example/',
    'https://attacker.example/\n',
    7,
    true,
    ['https://attacker.example/'],
    { url: 'https://attacker.example/' },
  ];
}

interface Watched {
  readonly http: Http;
  readonly asked: Set<string>;
}

/** Plays the server; whoever else is asked is remembered, and answered as nicely. */
function watched(documents: Readonly<Record<string, unknown>>): Watched {
  const asked = new Set<string>();
  const tokens = { access_token: randomToken(), refresh_token: randomToken(), token_type: 'bearer', expires_in: 60 };
  const device = {
    device_code: randomToken(),
    user_code: 'AB-CD',
    verification_uri: 'https://edge.example.com/',
    expires_in: 600,
  };
  const http: Http = ({ url, method = 'GET' }) => {
    const { origin, pathname } = new URL(url);
    asked.add(origin);
    const found = documents[pathname];
    const value = method === 'POST' ? { ...device, ...tokens } : found;
    const answer: HttpResponse = {
      status: value === undefined ? 404 : 200,
      headers: { 'content-type': 'application/json' },
      text: JSON.stringify(value ?? {}),
    };
    return Promise.resolve(answer);
  };
  return { http, asked };
}

async function ours(work: () => Promise<unknown>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!(error instanceof BeamError)) throw error;
  });
}

interface LoginSeen {
  readonly asked: readonly string[];
  /** What the user is told before the code, if the login goes to another server. */
  readonly shown: { readonly name: string; readonly server: string } | undefined;
  readonly session: Session | undefined;
}

/** Begins a login and polls once. */
async function logIn(origin: string, documents: Readonly<Record<string, unknown>>): Promise<LoginSeen> {
  const { http, asked } = watched(documents);
  let shown: LoginSeen['shown'];
  let session: Session | undefined;
  await ours(async () => {
    const login = await (await discoverDialect(parseServer(origin), { http, clock: tickingClock() }))?.begin();
    shown = login?.controlPlane;
    const answer = await login?.poll();
    if (answer?.status === 'done') ({ session } = answer);
  });
  return { asked: [...asked], shown, session };
}

/** Refreshes and logs out; the origins that were asked. */
async function use(account: Account, documents: Readonly<Record<string, unknown>>): Promise<string[]> {
  const { http, asked } = watched(documents);
  const credential = credentialOf(randomToken(), randomToken());
  const session = await sessionDialect(account, { http, clock: tickingClock() });
  await ours(() => session.refresh(account, credential));
  await ours(() => session.revoke(account, credential));
  return [...asked];
}

function loggedIn(origin: string, dialect: 'beam-auth' | 'oauth'): Account {
  return accountOf(origin, { dialect, ...(dialect === 'oauth' ? { issuer: origin } : {}) });
}

function documentsFor(dialect: 'beam-auth' | 'oauth', origin: string, more: object): Record<string, unknown> {
  const at = (name: string): string => `${origin}/${name}`;
  if (dialect === 'beam-auth') {
    const fields = { device_code_url: at('device'), token_url: at('token'), revocation_url: at('revoke') };
    return { '/.well-known/beam-auth': { ...fields, ...more } };
  }
  const fields = {
    issuer: origin,
    token_endpoint: at('token'),
    device_authorization_endpoint: at('device'),
    revocation_endpoint: at('revoke'),
  };
  return {
    '/.well-known/openid-configuration': { ...fields, ...more },
    '/.well-known/oauth-authorization-server': { ...fields, ...more },
  };
}

test.each(SERVERS)('a good document of %s is used', async (origin) => {
  for (const dialect of ['beam-auth', 'oauth'] as const) {
    const documents = documentsFor(dialect, origin, {});
    const { asked, session } = await logIn(origin, documents);
    expect({ asked, edge: session?.edge }).toEqual({ asked: [origin], edge: parseServer(origin).name });
    expect(await use(loggedIn(origin, dialect), documents)).toEqual([origin]);
  }
});

interface Case {
  readonly origin: string;
  readonly change: Readonly<Record<string, unknown>>;
  readonly documents: Readonly<Record<string, unknown>>;
}

/** Each field alone at each place elsewhere, and all of them together. */
function cases(dialect: 'beam-auth' | 'oauth'): Case[] {
  const fields: readonly string[] = dialect === 'oauth' ? OAUTH_FIELDS : BEAM_FIELDS;
  return SERVERS.flatMap((origin) =>
    elsewhere(origin).flatMap((url) => {
      const changes = [...fields.map((field) => ({ [field]: url })), Object.fromEntries(fields.map((field) => [field, url]))];
      return changes.map((change) => ({ origin, change, documents: documentsFor(dialect, origin, change) }));
    }),
  );
}

describe.each(['beam-auth', 'oauth'] as const)('hostile %s documents', (dialect) => {
  test('with a session: 0 requests elsewhere', async () => {
    const astray: unknown[] = [];
    const all = cases(dialect);
    for (const { origin, change, documents } of all) {
      const asked = await use(loggedIn(origin, dialect), documents);
      if (asked.some((one) => one !== origin)) astray.push({ origin, change, asked });
    }
    expect(astray).toEqual([]);
    expect(all.length).toBeGreaterThanOrEqual(1_300);
  });
});

test('hostile oauth documents at login: 0 requests elsewhere', async () => {
  const astray: unknown[] = [];
  for (const { origin, change, documents } of cases('oauth')) {
    const { asked, shown } = await logIn(origin, documents);
    if (shown !== undefined || asked.some((one) => one !== origin)) astray.push({ origin, change, asked, shown });
  }
  expect(astray).toEqual([]);
});

test('hostile beam-auth documents at login: 0 requests but to a control plane over https, which is shown and gets the account', async () => {
  const astray: unknown[] = [];
  let followed = 0;
  for (const { origin, change, documents } of cases('beam-auth')) {
    const { asked, shown, session } = await logIn(origin, documents);
    const others = asked.filter((one) => one !== origin);
    if (others.length === 0 && shown === undefined) continue;
    followed += 1;
    const [other = ''] = others;
    const where = shown === undefined ? '' : parseServer(shown.name).origin;
    const right = others.length === 1 && other === where && other.startsWith('https://') && 'token_url' in change;
    if (!right || shown?.server !== parseServer(origin).name || session?.edge !== shown.name) {
      astray.push({ origin, change, asked, shown, edge: session?.edge });
    }
  }
  expect(astray).toEqual([]);
  expect(followed).toBeGreaterThan(0);
});

describe('an edge that leads to a control plane', () => {
  const [edge, plane] = ['https://edge.example.com', 'https://plane.example.org'];
  const at = (origin: string): object => ({
    device_code_url: `${origin}/device`,
    token_url: `${origin}/token`,
    revocation_url: `${origin}/revoke`,
  });
  const documents = (fields: object): Record<string, unknown> => ({ '/.well-known/beam-auth': fields });
  const account = { ...loggedIn(edge, 'beam-auth'), controlPlane: 'plane.example.org' };

  test('is followed at login, and shown', async () => {
    const { asked, shown, session } = await logIn(edge, documents(at(plane)));
    expect({ asked, shown }).toEqual({ asked: [edge, plane], shown: { name: 'plane.example.org', server: 'edge.example.com' } });
    // The control plane said no word of an edge: whoever led there has no claim to its session.
    expect({ edge: session?.edge, controlPlane: session?.controlPlane }).toEqual({ edge: 'plane.example.org' });
  });

  test.each([
    ['two of them', { ...at(plane), device_code_url: 'https://third.example.net/device' }],
    ['a revocation on a third', { ...at(plane), revocation_url: 'https://third.example.net/revoke' }],
    // Else the edge could give a session of its own in the name of the control plane.
    ['all but the token', { ...at(plane), token_url: `${edge}/token` }],
    ['one on this machine', at('https://127.0.0.1')],
    ['one on this machine, by name', at('https://localhost')],
    ['one over plain http', at('http://plane.example.org')],
  ])('is not followed to %s', async (_, fields) => {
    expect(await logIn(edge, documents(fields))).toEqual({ asked: [edge], shown: undefined, session: undefined });
  });

  test('the endpoints may be on both', async () => {
    const { asked, shown } = await logIn(edge, documents({ ...at(plane), device_code_url: `${edge}/device` }));
    expect({ asked, shown: shown?.name }).toEqual({ asked: [edge, plane], shown: 'plane.example.org' });
  });

  test('a server on this machine may name another port of its own, and no other http', async () => {
    const own = 'http://127.0.0.1:4000';
    expect((await logIn(own, documents(at('http://127.0.0.1:4001')))).shown?.name).toBe('http://127.0.0.1:4001');
    for (const other of ['http://127.0.0.2:4000', 'http://localhost:4000', 'http://[::1]:4000']) {
      expect((await logIn(own, documents(at(other)))).asked).toEqual([own]);
    }
  });

  test('with a session, both are used and no third, whatever the documents say', async () => {
    expect(await use(account, documents(at(plane)))).toEqual([plane]);
    expect(await use(account, documents(at(edge)))).toEqual([plane, edge]);
    expect(await use(account, documents(at('https://third.example.net')))).toEqual([plane]);
    expect(await use(account, {})).toEqual([plane, edge]);
  });
});

test('an edge that a token answer names is on the network, or nowhere', async () => {
  const origin = 'https://edge.example.com';
  for (const edge of [
    'http://attacker.example',
    'http://127.0.0.1:4000',
    'localhost',
    '[::1]:80',
    'u:p@attacker.example',
    '\u001b[31m',
    'a b',
  ]) {
    const { http, asked } = watched(documentsFor('beam-auth', origin, {}));
    const naming: Http = async (request) => {
      const answer = await http(request);
      const change = request.url.endsWith('/token')
        ? { ...answer, text: answer.text.replace('{', `{"edge":${JSON.stringify(edge)},`) }
        : answer;
      return change;
    };
    const login = await (await discoverDialect(parseServer(origin), { http: naming, clock: tickingClock() }))?.begin();
    const failed: unknown = await login?.poll().catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'bad_answer' });
    expect([...asked]).toEqual([origin]);
  }
});
