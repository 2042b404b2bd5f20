import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createHttp } from '../../net/http-client.ts';
import { mockNetwork, type Answer, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { failure } from '../../errors.testing.ts';
import { Secret } from '../../secret.ts';
import { callCloud, resolveBaseUrl } from './base-url.ts';

const network = mockNetwork();
const http = createHttp({ env: {} });
const ORIGIN = 'https://api.runbeam.io';
const FIRST = 'GET /api/harmony/base-url';
const SECOND = 'GET /harmony/base-url';
const NONE: Answer = [404, {}];

function serve(answers: Answers): MockedServer {
  return network.serve(ORIGIN, answers);
}

describe('resolveBaseUrl', () => {
  it('takes the answer of the prefixed path', async () => {
    serve({ [FIRST]: [200, { base_url: `${ORIGIN}/api/` }] });
    expect(await resolveBaseUrl(ORIGIN, http)).toBe(`${ORIGIN}/api`);
  });

  it('asks the path without prefix when the first has no answer', async () => {
    const { asked } = serve({ [FIRST]: NONE, [SECOND]: [200, { base_url: ORIGIN }] });
    expect(await resolveBaseUrl(ORIGIN, http)).toBe(ORIGIN);
    expect(asked).toEqual([{ call: FIRST }, { call: SECOND }]);
  });

  it('stays with the configured URL when neither has', async () => {
    serve({ [FIRST]: NONE, [SECOND]: NONE });
    expect(await resolveBaseUrl(ORIGIN, http)).toBe(ORIGIN);
  });

  it.each([
    ['https://api.runbeam.io', 'https://api.runbeam.io'],
    ['https://API.runbeam.io:443/v2/', 'https://api.runbeam.io/v2'],
  ])('takes %s from api.runbeam.io', async (answer, expected) => {
    serve({ [FIRST]: [200, { base_url: answer }] });
    expect(await resolveBaseUrl(ORIGIN, http)).toBe(expected);
  });

  it('sends the token that it is given, and takes the full URL where there is one', async () => {
    const bearer = new Secret(`7|${randomBytes(20).toString('hex')}`);
    const { asked } = serve({ [FIRST]: [200, { base_url: ORIGIN, changes_path: '/v2', full_url: `${ORIGIN}/v2` }] });
    expect(await resolveBaseUrl(ORIGIN, http, { bearer })).toBe(`${ORIGIN}/v2`);
    expect(asked).toEqual([{ call: FIRST, bearer: bearer.reveal() }]);
  });

  it.each([
    'https://eu.runbeam.io/v2/',
    'https://runbeam.io',
    'https://api.runbeam.io:8443',
    'https://runbeam.io.evil.example',
    'https://evil.example',
    'http://api.runbeam.io',
    'https://u:p@api.runbeam.io',
    'https://api.runbeam.io/?q',
    'http://127.0.0.1:4000',
    'javascript:alert(1)',
    'nonsense',
  ])('refuses %s from api.runbeam.io', async (answer) => {
    serve({ [FIRST]: [200, { base_url: answer }] });
    expect(await failure(() => resolveBaseUrl(ORIGIN, http))).toEqual({
      code: 'bad_answer',
      message: 'api.runbeam.io answered a base_url that is not an https address of its own',
      hint: { text: 'Check the address with: runbeam config:get api-url' },
    });
  });

  it.each([
    ['<html>', 'is not JSON'],
    ['{}', 'has no usable field base_url'],
  ])('reports %s by host and field', async (text, problem) => {
    const { host } = serve({ [FIRST]: [200, text] });
    expect(await failure(() => resolveBaseUrl(ORIGIN, http))).toEqual({
      code: 'bad_answer',
      message: `The base URL answer of ${host} ${problem}`,
    });
  });

  it('does not take a 500 or a redirect for an absent answer', async () => {
    const { host } = serve({ [FIRST]: [500, {}] });
    expect(await failure(() => resolveBaseUrl(ORIGIN, http))).toEqual({
      code: 'server_error',
      message: `${host} answered 500`,
      hint: { text: 'Try again in a moment' },
    });
    serve({ [FIRST]: [302, {}, { location: 'https://elsewhere.example' }] });
    expect((await failure(() => resolveBaseUrl(ORIGIN, http))).code).toBe('bad_answer');
  });
});

describe('callCloud', () => {
  it('tries the /api prefix on 404, and on nothing else', async () => {
    const { asked } = serve({
      'GET /gateways': NONE,
      'GET /api/gateways': [200, { data: [] }],
      'GET /broken': [500, {}],
      'GET /api/nothing': NONE,
    });
    expect((await callCloud(ORIGIN, '/gateways', http, {})).status).toBe(200);
    expect((await callCloud(ORIGIN, '/broken', http, {})).status).toBe(500);
    expect((await callCloud(`${ORIGIN}/api`, '/nothing', http, {})).status).toBe(404);
    expect(asked.map(({ call }) => call)).toEqual(['GET /gateways', 'GET /api/gateways', 'GET /broken', 'GET /api/nothing']);
  });
});
