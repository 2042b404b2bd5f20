/** Verifiers for tokens of any issuer, by what they are made of: all that can be wrong with that is said when one is made. */
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { checkedUrl } from '../../net/request.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Secret } from '../../secret.ts';
import { checkToken, type TokenClaims, type VerifyKey } from './check-token.ts';
import { isOpaque } from './format.ts';
import { remoteKeySet } from './jwks.ts';

/** Where the keys are: each kind is for one algorithm, and a token with another is refused. */
export type KeySource =
  | { readonly algorithm: 'RS256'; readonly jwksUrl: string; readonly ttl?: number | undefined }
  | { readonly algorithm: 'RS256'; readonly publicKeyPem: string }
  | { readonly algorithm: 'HS256'; readonly secret: Secret };

export interface VerifierRules {
  readonly keys: KeySource;
  /** `iss` must be this, to the letter. */
  readonly issuer: string;
  /** `aud` must name one of these. */
  readonly audiences?: readonly string[] | undefined;
  /** An opaque token is let through, unseen; default: it is refused. */
  readonly passOpaque: boolean;
  readonly http: Http;
  readonly clock: Clock;
}

/** What a verifier makes of a token that holds. `opaque`: nobody has checked it, and only its server can. */
export type Verified = { readonly kind: 'jwt'; readonly claims: TokenClaims } | { readonly kind: 'opaque' };

/** Bytes: RFC 7518 section 3.2 wants as many as the hash has. */
const SHORTEST_SECRET = 32;
/** Bits: RFC 7518 section 3.3. */
const SHORTEST_KEY = 2_048;

/**
 * Makes a verifier. Throws `bad_config` for keys that cannot be used or no issuer, `insecure_transport` and `bad_server` for
 * a URL of a key set. The verifier throws `token_rejected`, `expired_token`, and what fetching a key set throws.
 */
export function createTokenVerifier(rules: VerifierRules): (token: Secret) => Promise<Verified> {
  const { keys, issuer, audiences, passOpaque, clock } = rules;
  if (issuer === '') throw badConfig('A verifier needs an issuer');
  if (audiences?.length === 0) throw badConfig('A verifier with an empty list of audiences would refuse every token');
  const key = keyFinder(rules);
  return async (token) => {
    const raw = token.reveal();
    if (passOpaque && isOpaque(raw)) return { kind: 'opaque' };
    const claims = await checkToken(raw, {
      algorithm: keys.algorithm,
      key,
      needsKid: 'jwksUrl' in keys,
      isIssuer: (named) => named === issuer,
      audiences,
      needsAudience: true,
      clock,
      rejected: (why, cause) => new BeamError('token_rejected', `The token ${why}`, { cause }),
      expired: (when, options) => new BeamError('expired_token', `The token expired${when}`, options),
    });
    return { kind: 'jwt', claims };
  };
}

function keyFinder({ keys, http, clock }: VerifierRules): () => VerifyKey | Promise<VerifyKey> {
  if ('jwksUrl' in keys) {
    const { href } = checkedUrl(keys.jwksUrl);
    let found: Promise<VerifyKey> | undefined;
    return () => (found ??= remoteKeySet(href, omitUndefined({ http, clock, ttl: keys.ttl })));
  }
  const key = 'publicKeyPem' in keys ? publicKey(keys.publicKeyPem) : sharedKey(keys.secret);
  return () => key;
}

function publicKey(pem: string): VerifyKey {
  // A public key could be made of a private one, and then that would be in every process that only verifies.
  if (pem.includes('PRIVATE KEY')) throw badConfig('A verifier needs the public key, and was given a private one');
  const { createPublicKey } = process.getBuiltinModule('node:crypto');
  const key = made(() => createPublicKey(pem));
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa') throw badConfig('The public key is not an RSA key');
  if (bits < SHORTEST_KEY) throw badConfig(`The public key has ${bits} bits; RS256 needs ${SHORTEST_KEY}`);
  return key;
}

function made<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw badConfig('The public key is not one in PEM', error);
  }
}

function sharedKey(secret: Secret): VerifyKey {
  const key = Buffer.from(secret.reveal(), 'utf8');
  if (key.length < SHORTEST_SECRET) throw badConfig(`The secret for HS256 has less than ${SHORTEST_SECRET} bytes`);
  return key;
}

function badConfig(message: string, cause?: unknown): BeamError {
  return new BeamError('bad_config', message, { cause });
}
