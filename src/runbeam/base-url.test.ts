import { afterEach, describe, expect, it } from 'vitest';
import type { Http } from '../http.ts';
import { callCloud, resolveBaseUrl } from './base-url.ts';
import { failure } from '../net/net.testing.ts';
import { http, startTestServer, type Answers, type TestServer } from './runbeam.testing.ts';

let server: TestServer | undefined;
afterEach(() => server?.close());

async function start(answers: Answers): Promise<TestServer> {
  server = await startTestServer(answers);
  return server;
}

/** A cloud under a public name, which no test can be. */
const named =
  (baseUrl: string): Http =>
  () =>
    Promise.resolve({ status: 200, headers: {}, text: JSON.stringify({ base_url: baseUrl }) });

describe('resolveBaseUrl', () => {
  it('takes the answer of the prefixed path', async () => {
    const { origin } = await start({
      'GET /api/harmony/base-url': (): [number, unknown] => [200, { base_url: `${server?.origin ?? ''}/api/` }],
    });
    expect(await resolveBaseUrl(origin, http)).toBe(`${origin}/api`);
  });

  it('asks the path without prefix when the first has no answer', async () => {
    const { origin, asked } = await start({
      'GET /harmony/base-url': (): [number, unknown] => [200, { base_url: server?.origin }],
    });
    expect(await resolveBaseUrl(origin, http)).toBe(origin);
    expect(asked.map(({ call }) => call)).toEqual(['GET /api/harmony/base-url', 'GET /harmony/base-url']);
  });

  it('stays with the configured URL when neither has', async () => {
    const { origin } = await start({});
    expect(await resolveBaseUrl(origin, http)).toBe(origin);
  });

  it.each([
    ['https://api.runbeam.io', 'https://api.runbeam.io'],
    ['https://eu.runbeam.io/v2/', 'https://eu.runbeam.io/v2'],
    ['https://runbeam.io', 'https://runbeam.io'],
  ])('takes %s from api.runbeam.io', async (answer, expected) => {
    expect(await resolveBaseUrl('https://api.runbeam.io', named(answer))).toBe(expected);
  });

  it.each([
    'https://runbeam.io.evil.example',
    'https://evil.example',
    'http://api.runbeam.io',
    'https://u:p@api.runbeam.io',
    'https://api.runbeam.io/?q',
    'http://127.0.0.1:4000',
    'javascript:alert(1)',
    'nonsense',
  ])('refuses %s from api.runbeam.io', async (answer) => {
    expect(await failure(() => resolveBaseUrl('https://api.runbeam.io', named(answer)))).toEqual({
      code: 'bad_answer',
      message: 'api.runbeam.io answered a base_url that is not an https address of its own',
      hint: { text: 'Check the address with: runbeam config:get api-url' },
    });
  });

  it.each([
    ['<html>', 'is not JSON'],
    ['{}', 'has no usable field base_url'],
  ])('reports %s by host and field', async (text, problem) => {
    const { origin, host } = await start({ 'GET /api/harmony/base-url': [200, text] });
    expect(await failure(() => resolveBaseUrl(origin, http))).toEqual({
      code: 'bad_answer',
      message: `The base URL answer of ${host} ${problem}`,
    });
  });

  it('does not take a 500 or a redirect for an absent answer', async () => {
    const { origin, host } = await start({ 'GET /api/harmony/base-url': [500, {}] });
    expect(await failure(() => resolveBaseUrl(origin, http))).toEqual({
      code: 'server_error',
      message: `${host} answered 500`,
      hint: { text: 'Try again in a moment' },
    });
    await server?.close();
    const second = await start({ 'GET /api/harmony/base-url': [302, {}] });
    expect((await failure(() => resolveBaseUrl(second.origin, http))).code).toBe('bad_answer');
  });
});

describe('callCloud', () => {
  it('tries the /api prefix on 404, and on nothing else', async () => {
    const { origin, asked } = await start({ 'GET /api/gateways': [200, { data: [] }], 'GET /broken': [500, {}] });
    expect((await callCloud(origin, '/gateways', http, {})).status).toBe(200);
    expect((await callCloud(origin, '/broken', http, {})).status).toBe(500);
    expect((await callCloud(`${origin}/api`, '/nothing', http, {})).status).toBe(404);
    expect(asked.map(({ call }) => call)).toEqual(['GET /gateways', 'GET /api/gateways', 'GET /broken', 'GET /api/nothing']);
  });
});
