import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { Http, HttpRequest, HttpResponse } from '../http.ts';
import { BeamError } from '../errors.ts';
import { fetchFrom } from './fetch.ts';
import { httpDate, isTrouble, parseJson, retryAfterOf, unexpectedStatus } from './answers.ts';
import { failure } from '../errors.testing.ts';

const answer = (text: string, status = 200): HttpResponse => ({ status, headers: {}, text });

describe('parseJson', () => {
  const schema = v.object({ token: v.string(), user: v.optional(v.object({ id: v.number() })) });

  test('gives what the schema gives, without unknown fields', () => {
    expect(parseJson(answer('\ufeff{"token":"t","other":1}'), schema, 'x')).toEqual({ token: 't' });
  });

  test.each([
    ['<html>', 'The token answer of h is not JSON'],
    ['', 'The token answer of h is not JSON'],
    ['null', 'The token answer of h is not what was expected'],
    ['[]', 'The token answer of h has no usable field token'],
    ['{"token":1}', 'The token answer of h has no usable field token'],
    ['{"token":"t","user":{"id":"1"}}', 'The token answer of h has no usable field user.id'],
  ])('%s', async (text, message) => {
    expect(await failure(() => parseJson(answer(text), schema, 'token answer of h'))).toEqual({
      code: 'bad_answer',
      message,
    });
  });
});

test.each([
  [302, 'bad_answer', 'is a redirect (302), which is never followed', false],
  [400, 'bad_answer', 'has an unexpected status: 400', false],
  [401, 'token_rejected', 'is 401: the token was rejected', false],
  [403, 'forbidden', 'is 403: not allowed', false],
  [404, 'not_found', 'is 404: there is no such thing', false],
  [429, 'server_error', 'is 429: too many requests, try again later', true],
  [503, 'server_error', 'is 503: trouble on the server, try again later', true],
])('status %i', (status, code, message, trouble) => {
  expect(unexpectedStatus(answer('secret', status), 'answer of h').toJSON()).toEqual({
    code,
    message: `The answer of h ${message}`,
  });
  expect(isTrouble(answer('', status))).toBe(trouble);
});

describe('Retry-After', () => {
  const date = 'Sun, 06 Nov 1994 08:49:37 GMT';

  test.each([
    [429, { 'retry-after': '7' }, 7],
    [503, { 'retry-after': ' 120 ' }, 120],
    [429, { 'retry-after': '0' }, 1],
    [429, { 'retry-after': '9999999999' }, 3_600],
    [503, { 'retry-after': 'Sun, 06 Nov 1994 08:51:37 GMT', date }, 120],
    [503, { 'retry-after': 'Sun, 06 Nov 1994 08:00:00 GMT', date }, 1],
    // Without the server's own time a date says nothing.
    [503, { 'retry-after': 'Sun, 06 Nov 1994 08:51:37 GMT' }, undefined],
    [429, {}, undefined],
    [429, { 'retry-after': '-5' }, undefined],
    [429, { 'retry-after': '1e9' }, undefined],
    [429, { 'retry-after': 'soon' }, undefined],
    [429, { 'retry-after': '9'.repeat(400) }, undefined],
    [500, { 'retry-after': '7' }, undefined],
  ] as const)('%i with %o', (status, headers, seconds) => {
    const response: HttpResponse = { status, headers, text: '' };
    expect(unexpectedStatus(response, 'answer of h').retryAfter).toBe(seconds);
    expect(new BeamError('server_error', '', retryAfterOf(response)).retryAfter).toBe(seconds);
  });

  test('is for whoever tries again, and shown nowhere', () => {
    const error = new BeamError('server_error', 'm', { retryAfter: 5 });
    expect(error.toJSON()).toEqual({ code: 'server_error', message: 'm' });
  });

  test.each(['', '1994-11-06', 'Sun Nov  6 08:49:37 1994', 'Sun, 99 Nov 1994 08:49:37 GMT', `${date} `])(
    'no HTTP date: %j',
    (text) => expect(httpDate(text)).toBeUndefined(),
  );
});

describe('fetchFrom', () => {
  test('passes requests on and answers back', async () => {
    const asked: HttpRequest[] = [];
    const http: Http = (request) => {
      asked.push(request);
      return Promise.resolve({ status: 201, headers: { 'content-type': 'application/json' }, text: '{"a":1}' });
    };
    const { signal } = new AbortController();
    const body = new URLSearchParams({ a: 'b' });
    const response = await fetchFrom(http)(new URL('https://h/x'), {
      method: 'post',
      body,
      signal,
      headers: { A: 'b' },
    });
    expect([response.status, response.headers.get('content-type'), await response.json()]).toEqual([
      201,
      'application/json',
      { a: 1 },
    ]);
    expect(asked).toEqual([{ method: 'POST', url: 'https://h/x', headers: { a: 'b' }, body: 'a=b', signal }]);
  });

  test('a 204 has no body, and an error stays what it is', async () => {
    const empty = fetchFrom(() => Promise.resolve(answer('', 204)));
    expect((await empty('https://h/')).body).toBeNull();
    const broken = fetchFrom(() => Promise.reject(new BeamError('network', 'gone')));
    expect(await failure(() => broken('https://h/'))).toEqual({ code: 'network', message: 'gone' });
  });
});
