import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { accountOf, credentialOf, randomToken, tickingClock } from '../../auth/auth.testing.ts';
import { startTestServer, type TestServer } from '../../net/net.testing.ts';
import { createAccountStore } from '../../store/accounts/account-store.ts';
import { VERSION } from '../../programs.ts';
import { resolveHomes } from '../../store/paths.ts';
import { encodeJob, parseResponse } from '../protocol/messages.ts';
import { runJob } from './run-job.ts';

let server: TestServer | undefined;
let home: string;

const error = (line: string): unknown => {
  const response = parseResponse(line);
  return response !== undefined && 'error' in response ? response.error : line;
};

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'job-'));
});

afterEach(async () => {
  await server?.close();
  rmSync(home, { recursive: true });
});

test.each([
  [429, { 'retry-after': '90' }, 90],
  [503, { 'retry-after': '7' }, 7],
  [503, {}, undefined],
] as const)('status %i to a refresh, with %o: how long to wait survives the pipe', async (status, headers, seconds) => {
  const secret = randomToken();
  server = await startTestServer((origin) => ({
    'GET /.well-known/beam-auth': [200, { device_code_url: `${origin}/code`, token_url: `${origin}/token` }],
    'POST /token': [status, secret, headers],
  }));
  const homes = resolveHomes({}, home);
  const account = accountOf(server.origin, { dialect: 'beam-auth' });
  const clock = tickingClock();
  await createAccountStore({ homes, clock, env: {} }).save(account, credentialOf('access', randomToken()));

  const job = encodeJob({ account: account.key, keys: {}, job: 'refresh', params: {} });
  const line = await runJob(job, { env: {}, homes, clock });
  expect(error(line)).toMatchObject({ code: 'server_error', retryAfter: seconds });
  expect(line).not.toContain(secret);
});

test.each(['beam-auth', 'oauth'] as const)('what a %s server gives counts from when it was asked for', async (dialect) => {
  const clock = tickingClock();
  server = await startTestServer((origin) => ({
    'GET /.well-known/beam-auth': [200, { device_code_url: `${origin}/code`, token_url: `${origin}/token` }],
    'GET /.well-known/openid-configuration': [200, { issuer: origin, token_endpoint: `${origin}/token` }],
    'POST /token': () => {
      // As long as a machine is suspended.
      clock.advance(7_200);
      return [200, { access_token: randomToken(), refresh_token: randomToken(), expires_in: 3_600 }];
    },
  }));
  const homes = resolveHomes({}, home);
  const account = accountOf(server.origin, { dialect });
  await createAccountStore({ homes, clock, env: {} }).save(account, credentialOf('access', randomToken()));
  const job = encodeJob({ account: account.key, keys: {}, job: 'refresh', params: {} });
  const response = parseResponse(await runJob(job, { env: {}, homes, clock }));
  const asked = clock.now() / 1000 - 7_200;
  expect(response).toMatchObject({ result: { issued_at: asked, expires_at: Math.floor(asked) + 3_600 } });
});

const head = { jsonrpc: '2.0', id: 1, account: 'edge.example.com', keys: {}, version: VERSION };
const instance = { id: '1a2b3c4d', ip: '127.0.0.1', port: 8081, label: 'my-label', path_prefix: 'admin' };

test.each([
  ['what is not JSON', 'load', 'job'],
  ['a job that there is not', { ...head, method: 'dance' }, 'job'],
  ['a job of no name', head, 'job'],
  ['a job in the spelling of our source', { ...head, method: 'machineToken', params: { gateway_code: 'my-gateway' } }, 'job'],
  ['no account', { ...head, account: undefined, method: 'load' }, 'account'],
  ['a key that is no text', { ...head, keys: { encryption_key: 1 }, method: 'load' }, 'encryption_key'],
  ['a refresh of no time', { ...head, method: 'refresh', params: { older_than: 'now' } }, 'older_than'],
  [
    'a way to authorize that there is not',
    { ...head, method: 'authorize', params: { instance, via: 'fax', retry: false } },
    'via',
  ],
])('%s is refused', async (_, message, name) => {
  const line = typeof message === 'string' ? message : JSON.stringify(message);
  const answer = await runJob(line, { env: {}, homes: resolveHomes({}, home), clock: tickingClock() });
  expect(error(answer)).toMatchObject({
    code: 'agent_unavailable',
    message: `The agent and this command do not understand each other (${name})`,
  });
});

test('an account that is not there is loaded as none', async () => {
  const job = encodeJob({ account: 'edge.example.com', keys: {}, job: 'load', params: {} });
  const answer = await runJob(job, { env: {}, homes: resolveHomes({}, home), clock: tickingClock() });
  expect(parseResponse(answer)).toEqual({ id: 1, result: null });
});
