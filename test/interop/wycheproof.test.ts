/**
 * The JWS vectors of Project Wycheproof, against what checks every token here. By hand, since the file is not ours to carry:
 *
 *   git clone --depth 1 https://github.com/C2SP/wycheproof
 *   BEAMD_TEST_WYCHEPROOF=wycheproof/testvectors_v1/json_web_signature_test.json npm run test:interop -- wycheproof
 */
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, errors, type JWK } from 'jose';
import { expect, test } from 'vitest';
import { checkToken, type TokenRules, type VerifyKey } from '../../src/auth/jwt/check-token.ts';
import { systemClock } from '../../src/clock.ts';
import { BeamError } from '../../src/errors.ts';

interface Vector {
  readonly tcId: number;
  readonly comment: string;
  /** Compact, or an object in the JSON form, which is none of ours. */
  readonly jws: unknown;
  readonly result: 'valid' | 'invalid';
}

interface Vectors {
  readonly testGroups: readonly { readonly public?: JWK; readonly private?: JWK; readonly tests: readonly Vector[] }[];
}

const { BEAMD_TEST_WYCHEPROOF: file } = process.env;
const ALGORITHMS = ['RS256', 'HS256'] as const;

/** A public key comes in a key set, as it does from a cloud: so its `use` and `key_ops` are looked at. */
function keyOf(jwk: JWK): VerifyKey {
  return jwk.kty === 'oct' ? Buffer.from(jwk.k ?? '', 'base64url') : createLocalJWKSet({ keys: [jwk] });
}

/**
 * Whether the signature is taken. What the vectors sign are no claims: the issuer is not looked at, and a payload that is no
 * object of claims is complained of only once the signature holds.
 */
async function isTaken(jws: unknown, jwk: JWK, algorithm: TokenRules['algorithm']): Promise<boolean> {
  const refused = (why: string, cause?: unknown): BeamError => new BeamError('token_rejected', why, { cause });
  const rules: TokenRules = {
    algorithm,
    key: () => keyOf(jwk),
    needsKid: false,
    isIssuer: () => true,
    needsAudience: false,
    clock: systemClock,
    rejected: refused,
    expired: refused,
  };
  try {
    await checkToken(typeof jws === 'string' ? jws : JSON.stringify(jws), rules);
    return true;
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    const { cause } = error;
    return cause instanceof errors.JWTInvalid || cause instanceof errors.JWTExpired || error.message.startsWith('has no usable');
  }
}

/** Taken or refused, and valid or invalid: or `both`, where the file has the very same text as valid and as invalid. */
async function outcomeOf(vector: Vector, jwk: JWK, tests: readonly Vector[]): Promise<string> {
  const attempts = await Promise.all(ALGORITHMS.map((algorithm) => isTaken(vector.jws, jwk, algorithm)));
  const isBoth = tests.some(({ jws, result }) => jws === vector.jws && result !== vector.result);
  return `${isBoth ? 'both' : vector.result}, ${attempts.includes(true) ? 'taken' : 'refused'}`;
}

test.skipIf(file === undefined)('none that is invalid is taken', async () => {
  const { testGroups } = JSON.parse(readFileSync(file ?? '', 'utf8')) as Vectors;
  const outcomes = new Map<string, Vector[]>();
  for (const { tests, ...keys } of testGroups) {
    for (const vector of tests) {
      const outcome = await outcomeOf(vector, keys.public ?? keys.private ?? {}, tests);
      outcomes.set(outcome, [...(outcomes.get(outcome) ?? []), vector]);
    }
  }
  for (const [outcome, vectors] of outcomes) console.info(`${vectors.length} ${outcome}`);
  for (const { tcId, comment } of outcomes.get('valid, refused') ?? []) console.info(`valid, refused: ${tcId} ${comment}`);
  expect(outcomes.get('invalid, taken')).toBeUndefined();
  // Else none would be taken, whatever its signature.
  expect(outcomes.get('valid, taken')?.length).toBeGreaterThan(0);
});
