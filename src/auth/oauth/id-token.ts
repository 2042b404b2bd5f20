/** The ID token of a login: who logged in, as the server says it. */
import * as v from 'valibot';
import { BeamError } from '../../errors.ts';
import { text } from '../dialect/schemas.ts';
import { unverifiedPart } from '../dialect/unverified.ts';
import type { OAuthMetadata } from './metadata.ts';

/** What an ID token must be made for. */
export interface IdTokenUse {
  readonly metadata: Pick<OAuthMetadata, 'issuer' | 'idTokenAlgorithms'>;
  readonly clientId: string;
  /** `Server.name` of the server that gave it, for messages. */
  readonly giver: string;
}

const header = v.object({ alg: text });

const claims = v.looseObject({
  iss: text,
  sub: text,
  aud: v.union([v.string(), v.array(v.string())]),
  azp: v.nullish(v.string()),
});

export type IdTokenClaims = v.InferOutput<typeof claims>;

/**
 * The claims of an ID token (OpenID Connect Core 3.1.3.7). It comes from the token endpoint itself over TLS, so that its
 * signature says nothing more; its times would only test whether this clock is right. Throws `bad_answer` that names what is
 * wrong with it: the issuer, the client that it is for, its algorithm, or the token as a whole.
 */
export function readIdToken(idToken: string, { metadata, clientId, giver }: IdTokenUse): IdTokenClaims {
  const wrong = (what: string): BeamError => new BeamError('bad_answer', `The ID token of ${giver} ${what}`);
  const parts = idToken.trim().split('.');
  if (parts.length === 5) throw wrong('is encrypted, which this program did not ask for');
  const algorithm = parts.length === 3 ? unverifiedPart(parts[0], header)?.alg : undefined;
  const found = unverifiedPart(parts[1], claims);
  if (algorithm === undefined || found === undefined) throw wrong('is not one: it lacks iss, sub or aud, or is no JWT');
  const { issuer, idTokenAlgorithms } = metadata;
  if (algorithm.toLowerCase() === 'none') throw wrong('is not signed (alg)');
  if (idTokenAlgorithms !== undefined && !idTokenAlgorithms.includes(algorithm)) {
    throw wrong('is signed in a way that its discovery does not list (alg)');
  }
  if (found.iss !== issuer) throw wrong('is from another issuer than its discovery says (iss)');
  const audience = typeof found.aud === 'string' ? [found.aud] : found.aud;
  if (!audience.includes(clientId)) throw wrong('is for another client (aud)');
  const party = found.azp ?? undefined;
  if (party === undefined ? audience.length > 1 : party !== clientId) throw wrong('was given to another client (azp)');
  return found;
}
