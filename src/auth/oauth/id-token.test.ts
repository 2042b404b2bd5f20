import { describe, expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { readIdToken } from './id-token.ts';

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (claims: object, alg = 'RS256'): string => `${part({ alg })}.${part(claims)}.${part({})}`;

const use = {
  metadata: { issuer: 'https://sso.example.com/realms/x', idTokenAlgorithms: ['RS256', 'ES256'] },
  clientId: 'beamd-cli',
  giver: 'sso.example.com',
};
const claims = { iss: 'https://sso.example.com/realms/x', sub: '7', aud: 'beamd-cli' };

describe('readIdToken', () => {
  test.each([
    [claims],
    [{ ...claims, aud: ['beamd-cli'] }],
    [{ ...claims, aud: ['beamd-cli', 'other'], azp: 'beamd-cli' }],
    [{ ...claims, azp: null }],
    [{ ...claims, iat: 0, exp: 1, extra: { a: 1 } }],
  ])('takes %j', (one) => {
    expect(readIdToken(token(one), use)).toEqual(one);
    expect(readIdToken(`${token(one, 'ES256')}\n`, use)).toEqual(one);
  });

  test.each([
    ['a.b.c', 'is not one: it lacks iss, sub or aud, or is no JWT'],
    ['', 'is not one: it lacks iss, sub or aud, or is no JWT'],
    [`${part({ alg: 'RS256' })}.${part(claims)}`, 'is not one: it lacks iss, sub or aud, or is no JWT'],
    [token({ ...claims, sub: 7 }), 'is not one: it lacks iss, sub or aud, or is no JWT'],
    ['a.b.c.d.e', 'is encrypted, which this program did not ask for'],
    [token(claims, 'none'), 'is not signed (alg)'],
    [token(claims, 'HS256'), 'is signed in a way that its discovery does not list (alg)'],
    [token({ ...claims, iss: 'https://sso.example.com' }), 'is from another issuer than its discovery says (iss)'],
    [token({ ...claims, aud: 'other' }), 'is for another client (aud)'],
    [token({ ...claims, aud: [] }), 'is for another client (aud)'],
    [token({ ...claims, aud: ['beamd-cli', 'other'] }), 'was given to another client (azp)'],
    [token({ ...claims, azp: 'other' }), 'was given to another client (azp)'],
  ])('%s', async (idToken, message) => {
    expect(await failure(() => readIdToken(idToken, use))).toEqual({
      code: 'bad_answer',
      message: `The ID token of sso.example.com ${message}`,
    });
  });
});
