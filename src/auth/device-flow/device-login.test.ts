import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import { failure } from '../../errors.testing.ts';
import { checkVerificationUri, clampExpiry, clampInterval } from './device-login.ts';

describe('checkVerificationUri', () => {
  test.each([
    ['https://edge.example.com/device', 'https://edge.example.com/device'],
    ['https://edge.example.com/device?user_code=A-B&x=1#y', 'https://edge.example.com/device?user_code=A-B&x=1#y'],
    ['HTTPS://EDGE.example.com', 'https://edge.example.com/'],
    ['http://127.0.0.1:4000/device', 'http://127.0.0.1:4000/device'],
    ['http://[::1]:4000/', 'http://[::1]:4000/'],
    ['http://localhost/', 'http://localhost/'],
    ['https://аpple.com/', 'https://xn--pple-43d.com/'],
  ])('%s', (text, shown) => {
    expect(checkVerificationUri(text, 'answer of h')).toBe(shown);
  });

  test.each([
    ['javascript:alert(1)', 'is not https'],
    ['file:///etc/passwd', 'is not https'],
    ['data:text/html,x', 'is not https'],
    ['http://edge.example.com/device', 'is not https'],
    ['http://127.0.0.1.evil.com/', 'is not https'],
    ['calculator', 'has no valid address'],
    ['--version', 'has no valid address'],
    ['', 'has no valid address'],
    ['https://edge.example.com@evil.com/', 'hides its real host behind a user name'],
    ['https://e.com/a b', 'has hidden characters in its address'],
    ['https://e.com/\u001b[31m', 'has hidden characters in its address'],
    ['https://e.com/\u202egnp', 'has hidden characters in its address'],
    ['java\nscript:alert(1)', 'has hidden characters in its address'],
    [`https://e.com/${'a'.repeat(2048)}`, 'has a very long address'],
  ])('%j is refused', async (text, why) => {
    expect(await failure(() => checkVerificationUri(text, 'answer of h'))).toEqual({
      code: 'bad_answer',
      message: `The answer of h sends you to a page that ${why}, so nothing was opened`,
    });
  });

  test('whatever comes, only web pages go', () => {
    const start = fc.constantFrom('', 'https://', 'http://', 'http://127.0.0.1/', 'javascript:', 'https://e.com/');
    fc.assert(
      fc.property(start, fc.string({ unit: 'binary' }), (head, tail) => {
        try {
          expect(checkVerificationUri(head + tail, 'x')).toMatch(/^(https:\/\/|http:\/\/(127\.|localhost|\[::1\]))[\x21-\x7e]*$/);
        } catch (error) {
          if (!(error instanceof BeamError)) throw error;
        }
      }),
    );
  });
});

test.each([
  [600, 600],
  [0, 1],
  [-5, 1],
  [1800, 1800],
  [2_592_000, 1800],
  [Infinity, 1800],
])('a login of %d s takes at most %d s', (given, used) => {
  expect(clampExpiry(given)).toBe(used);
});

test.each([
  [undefined, 5],
  [0, 1],
  [0.2, 1],
  [5, 5],
  [5_000_000, 60],
])('an interval of %s s is %d s', (given, used) => {
  expect(clampInterval(given)).toBe(used);
});
