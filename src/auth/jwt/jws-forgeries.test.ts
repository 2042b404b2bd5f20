import { generateKeyPairSync, sign, type JsonWebKey } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import { mockNetwork } from '../../net/msw.testing.ts';
import { Secret } from '../../secret.ts';
import { parseServer } from '../../store/server.ts';
import {
  encodings,
  goodToken,
  headers,
  numbers,
  paddings,
  primitives,
  structures,
  type Forgery,
  type Victim,
} from './jws-forgeries.testing.ts';
import { verifyUserToken } from './user-token.ts';
import { http, START, tickingClock } from '../auth.testing.ts';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = pair.publicKey.export({ format: 'jwk' });

const network = mockNetwork();
const ORIGIN = 'https://api.runbeam.example';
const keys: readonly JsonWebKey[] = [
  { ...jwk, kid: 'good' },
  { ...jwk, kid: 'encrypts', use: 'enc' },
  { ...jwk, kid: 'wraps', key_ops: ['encrypt', 'wrapKey'] },
  { ...jwk, kid: 'pss', alg: 'PS256' },
  { ...curve.publicKey.export({ format: 'jwk' }), kid: 'curve' },
  { kty: 'oct', kid: 'shared', k: Buffer.alloc(32).toString('base64url') },
  { ...jwk, kid: 'twice' },
  { ...stranger.publicKey.export({ format: 'jwk' }), kid: 'twice' },
];
const claims = { iss: ORIGIN, sub: '7', iat: START, exp: START + 600 };
const victim: Victim = { ...pair, kid: 'good', claims, stranger };

beforeEach(() => {
  network.serve(ORIGIN, { 'GET /api/.well-known/jwks.json': [200, { keys }] });
});

const clock = tickingClock();

async function accepted(token: string): Promise<boolean> {
  try {
    await verifyUserToken(new Secret(token), { server: parseServer(ORIGIN), env: {}, http, clock });
    return true;
  } catch (error) {
    if (error instanceof BeamError && error.code === 'token_rejected') return false;
    throw error;
  }
}

/** The tokens that would be signed rightly, if only their key were one for signing. */
function wrongKeys(): Forgery[] {
  return ['encrypts', 'wraps', 'pss', 'curve', 'shared', 'twice', 'Good', 'nobody'].map((kid) => ({
    name: `kid ${kid}`,
    token: goodToken({ ...victim, kid }),
  }));
}

test('a good token is accepted, so that what follows means something', async () => {
  expect(await accepted(goodToken(victim))).toBe(true);
});

test.each<[string, () => Forgery[], number]>([
  ['structure', () => structures(victim), 19],
  ['encoding', () => encodings(victim), 120],
  ['headers', () => headers(victim), 85],
  ['primitives', () => primitives(victim), 79],
  ['PKCS #1 padding', () => paddings(victim), 140],
  ['signatures as numbers', () => numbers(victim), 17],
  ['keys not for signing', wrongKeys, 8],
])('forgeries by %s: none is accepted', async (_, make, atLeast) => {
  const forgeries = make().filter(({ token }) => token !== goodToken(victim));
  expect(forgeries.length).toBeGreaterThanOrEqual(atLeast);
  const passed: string[] = [];
  for (const { name, token } of forgeries) if (await accepted(token)) passed.push(name);
  expect(passed).toEqual([]);
});

test('a curve key signs no user token, whatever its header says', async () => {
  for (const alg of ['ES256', 'RS256']) {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const input = `${part({ alg, kid: 'curve' })}.${part(victim.claims)}`;
    const signature = sign('sha256', Buffer.from(input), { key: curve.privateKey, dsaEncoding: 'ieee-p1363' });
    expect(await accepted(`${input}.${signature.toString('base64url')}`)).toBe(false);
  }
});
