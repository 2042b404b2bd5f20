import { describe, expect, test } from 'vitest';
import { mockNetwork, type Answers, type MockedServer } from '../../net/msw.testing.ts';
import { failure } from '../../errors.testing.ts';
import type { DeviceLogin } from '../dialect/dialect.ts';
import { runbeamLogin } from './login.ts';
import { depsOf, plain, randomToken, shownOf, START } from '../auth.testing.ts';

const network = mockNetwork();
const NAME = 'api.runbeam.example';
let server: MockedServer;

const START_CALL = 'POST /base/api/cli/start-login';
const token = `${randomToken()}/?#`;
const check = `GET /base/api/cli/check-login/${encodeURIComponent(token)}`;
const started = { device_token: token, verification_url: 'https://runbeam.example/cli', expires_in_seconds: 600 };

async function begun(answers: Answers): Promise<DeviceLogin> {
  server = network.serve(`https://${NAME}`, { [START_CALL]: [200, started], ...answers });
  return runbeamLogin(`${server.origin}/base//`, depsOf()).begin();
}

describe('runbeamLogin', () => {
  test('begins without a code to type', async () => {
    const login = await begun({});
    expect(shownOf(login)).toEqual({ verificationUri: 'https://runbeam.example/cli', expiresIn: 600, interval: 5 });
    expect(await begun({ [START_CALL]: [201, { ...started, interval: 1 }] })).toMatchObject({ interval: 1 });
  });

  test('a session belongs to the host of the base URL', async () => {
    const access = `12|${randomToken()}`;
    const user = { id: 7, name: 'Alice', email: 'alice@example.com' };
    const login = await begun({ [check]: [200, { status: 'authenticated', token: access, expires_in: 3600, user }] });
    const answer = await login.poll();
    expect(answer.status === 'done' && plain(answer.session)).toEqual({
      accessToken: access,
      expiresAt: START + 3600,
      edge: NAME,
      user: 'alice@example.com',
      scopes: [],
    });
  });

  test.each([
    [200, 'pending', 'x', 'pending'],
    [201, 'pending', null, 'pending'],
    [200, 'expired', 'This login has expired.', 'expired'],
    [410, 'expired', undefined, 'expired'],
    [200, 'expired', 'The user denied the request', 'denied'],
    [200, 'invalid', 'The login was denied.', 'denied'],
    [404, 'invalid', undefined, 'denied'],
    [422, 'invalid', 7, 'denied'],
    [200, 'invalid', 'The token is invalid or expired', 'expired'],
    [200, 'denied', null, 'denied'],
    [403, 'rejected', {}, 'denied'],
  ])('%i %s (%s)', async (status, said, message, expected) => {
    const login = await begun({ [check]: [status, { status: said, message }] });
    expect(await login.poll()).toEqual({ status: expected });
  });

  test.each([
    [[200, { status: 'authenticated' }], 'bad_answer', 'has no usable field token'],
    [[200, { status: 'what' }], 'bad_answer', 'has no usable field status'],
    [[200, '<html>'], 'bad_answer', 'is not JSON'],
    [[404, '<html>'], 'access_denied', 'is 404: the login was denied, or is not known there any more'],
    [[500, { status: 'authenticated', token: 'x' }], 'server_error', 'is 500: trouble on the server'],
  ] as const)('%j', async (answer, code, message) => {
    const login = await begun({ [check]: answer });
    expect(await failure(() => login.poll())).toEqual({
      code,
      message: `The login answer of ${NAME} ${message}`,
    });
  });

  test.each([
    [{ ...started, verification_url: 'http://runbeam.example/' }, 'sends you to a page that is not https, so nothing was opened'],
    [{ ...started, device_token: '' }, 'has no usable field device_token'],
    [{ ...started, expires_in_seconds: null }, 'has no usable field expires_in_seconds'],
  ])('%j', async (answer, message) => {
    expect(await failure(() => begun({ [START_CALL]: [200, answer] }))).toEqual({
      code: 'bad_answer',
      message: `The login answer of ${NAME} ${message}`,
    });
  });

  test.each([
    ['runbeam', 'bad_server'],
    ['http://api.runbeam.example', 'insecure_transport'],
    ['ftp://api.runbeam.example', 'bad_server'],
  ])('%s is no base URL', async (url, code) => {
    expect(await failure(() => runbeamLogin(url, depsOf()))).toMatchObject({ code });
  });
});
