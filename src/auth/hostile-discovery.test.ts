/** Discovery documents that send secrets elsewhere: no request goes to any host but those of the server itself. */
import { expect, test } from 'vitest';
import { BeamError } from '../errors.ts';
import type { Http, HttpResponse } from '../http.ts';
import { isLoopback } from '../http.ts';
import { parseServer } from '../store/server.ts';
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

/** Logs in, refreshes and logs out; the origins that were asked. */
async function everything(
  origin: string,
  dialect: 'beam-auth' | 'oauth',
  documents: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const { http, asked } = watched(documents);
  const deps = { http, clock: tickingClock() };
  const account = accountOf(origin, { dialect, ...(dialect === 'oauth' ? { issuer: origin } : {}) });
  const credential = credentialOf(randomToken(), randomToken());
  await ours(async () => (await (await discoverDialect(parseServer(origin), deps))?.begin())?.poll());
  const session = await sessionDialect(account, deps);
  await ours(() => session.refresh(account, credential));
  await ours(() => session.revoke(account, credential));
  return [...asked];
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
    expect(await everything(origin, dialect, documentsFor(dialect, origin, {}))).toEqual([origin]);
  }
});

test.each([
  ['beam-auth', BEAM_FIELDS],
  ['oauth', OAUTH_FIELDS],
] as const)('hostile %s documents: 0 requests elsewhere', { timeout: 20_000 }, async (dialect, fields) => {
  let count = 0;
  const astray: unknown[] = [];
  for (const origin of SERVERS) {
    for (const url of elsewhere(origin)) {
      const changes = [...fields.map((field) => ({ [field]: url })), Object.fromEntries(fields.map((field) => [field, url]))];
      for (const change of changes) {
        count += 1;
        const asked = await everything(origin, dialect, documentsFor(dialect, origin, change));
        if (asked.some((one) => one !== origin)) astray.push({ origin, change, asked });
      }
    }
  }
  expect(astray).toEqual([]);
  expect(count).toBeGreaterThanOrEqual(1_300);
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
