import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../http.ts';
import { BeamError } from '../errors.ts';
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
  [429, 'server_error', 'is 429: too many requests', true],
  [503, 'server_error', 'is 503: trouble on the server', true],
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
