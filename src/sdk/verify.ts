/** Verification of tokens: those of users of Runbeam Cloud, and those of any issuer with RS256 or a shared secret. */
import { createTokenVerifier, type KeySource, type Verified } from '../auth/jwt/verifier.ts';
import { verifyUserToken as verifyTokenOfUser, type VerifiedToken } from '../auth/jwt/user-token.ts';
import { systemClock } from '../clock.ts';
import { BeamError } from '../errors.ts';
import type { Fetch } from '../net/fetch-http.ts';
import type { Secret } from '../secret.ts';
import { parseServer } from '../store/server.ts';
import { httpBy, secretOf } from './options.ts';

/** What a user token must be. */
export interface VerifyUserTokenOptions {
  /** Where it must come from: `https://api.runbeam.io`. Of its `iss` the origin counts, and there are the keys. */
  readonly issuer: string;
  /** What a token that names an audience must be meant for. Default: `runbeam-cli` or `runbeam-api`. */
  readonly audience?: string | readonly string[];
  /** Fetches the keys. Default: as `RunbeamClient`. */
  readonly fetch?: Fetch;
}

/**
 * Checks a user token of Runbeam Cloud: RS256 by a key that its issuer publishes, `exp`, `nbf` and `iat` within 60 seconds. The
 * keys are kept for an hour, and fetched once in 30 seconds at most. A Sanctum token is `opaque`: it is not looked at, and only
 * the cloud can say whether it is good (`RunbeamClient.checkToken`).
 *
 * Throws a {@link BeamError}: `session_ended` for one that expired, `token_rejected` for any other that does not hold,
 * `bad_server` for an issuer that is none, and `network`, `timeout`, `server_error`, `bad_answer` while no keys are known.
 */
export function verifyUserToken(token: string | Secret, options: VerifyUserTokenOptions): Promise<VerifiedToken> {
  const { issuer, audience, fetch } = options;
  // Only the origin: an issuer may be the address of a page.
  const server = parseServer(URL.canParse(issuer) ? new URL(issuer).origin : issuer);
  const audiences = audience === undefined ? undefined : [audience].flat();
  return verifyTokenOfUser(secretOf(token), { server, env: {}, http: httpBy(fetch), clock: systemClock, audiences });
}

interface Rules {
  /** `iss` must be this, to the letter. */
  readonly issuer: string;
  /** `aud` must name this, or one of these. Absent: it is not looked at. */
  readonly audience?: string | readonly string[];
  /** Lets Sanctum tokens through as `opaque`, unseen: whoever does has the cloud check them. Default: they are refused. */
  readonly passOpaque?: boolean;
}

/** RS256 by the keys at a URL. Only a token that names its key (`kid`) is looked up. */
export interface JwksVerifierOptions extends Rules {
  readonly algorithm: 'RS256';
  readonly jwksUrl: string;
  /** Seconds for which fetched keys are used. Default 3,600. */
  readonly ttl?: number;
  /** Fetches the keys. Default: as `RunbeamClient`. */
  readonly fetch?: Fetch;
}

/** RS256 by one public key of 2,048 bits or more, in PEM. */
export interface PemVerifierOptions extends Rules {
  readonly algorithm: 'RS256';
  readonly publicKeyPem: string;
}

/** HS256 by a secret of 32 bytes or more. Whoever verifies can then forge, which is why it has to be allowed. */
export interface SecretVerifierOptions extends Rules {
  readonly algorithm: 'HS256';
  readonly secret: string | Secret;
  readonly allowHs256: true;
}

/** What a verifier is made of. */
export type VerifierOptions = JwksVerifierOptions | PemVerifierOptions | SecretVerifierOptions;

/** Checks tokens. */
export interface Verifier {
  /**
   * Throws a {@link BeamError}: `expired_token`, `token_rejected`, and, while no keys are known, `network`, `timeout`,
   * `server_error` and `bad_answer`.
   */
  readonly verify: (token: string | Secret) => Promise<Verified>;
}

/**
 * Makes a verifier for tokens of one issuer: the one algorithm that is named and no other; `exp` required, it and `nbf` and
 * `iat` within 60 seconds. Keys at a URL are fetched when they are first needed, then for an unknown key, once in 30 seconds
 * at most, failures included; an answer of more than 256 KiB is none.
 *
 * Throws a {@link BeamError} at once where no token could be verified: `bad_config` without a key that can be used, or for HS256
 * that is not allowed; `bad_server` and `insecure_transport` for a `jwksUrl` that is not https (or http on this machine).
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { issuer, audience, passOpaque = false } = options;
  const verify = createTokenVerifier({
    keys: keysOf(options),
    issuer,
    audiences: audience === undefined ? undefined : [audience].flat(),
    passOpaque,
    http: httpBy('fetch' in options ? options.fetch : undefined),
    clock: systemClock,
  });
  return { verify: (token) => verify(secretOf(token)) };
}

type Given = Partial<Readonly<Record<'algorithm' | 'jwksUrl' | 'publicKeyPem' | 'secret' | 'allowHs256', unknown>>>;

/** JavaScript gets here too: what the types promise is looked at. */
function keysOf(options: VerifierOptions): KeySource {
  const given: Given = options;
  if (options.algorithm === 'HS256') {
    if (given.allowHs256 !== true) throw new BeamError('bad_config', 'HS256 has to be allowed: allowHs256: true');
    const { secret } = given;
    if (typeof secret !== 'string' && !isSecret(secret)) throw new BeamError('bad_config', 'A verifier for HS256 needs a secret');
    return { algorithm: 'HS256', secret: secretOf(secret) };
  }
  if (given.algorithm !== 'RS256') throw new BeamError('bad_config', 'A verifier is for RS256 or for HS256');
  if ('publicKeyPem' in options && typeof given.publicKeyPem === 'string' && given.jwksUrl === undefined) {
    return { algorithm: 'RS256', publicKeyPem: options.publicKeyPem };
  }
  if (!('jwksUrl' in options) || typeof given.jwksUrl !== 'string' || given.publicKeyPem !== undefined) {
    throw new BeamError('bad_config', 'A verifier for RS256 needs one of jwksUrl and publicKeyPem');
  }
  return { algorithm: 'RS256', jwksUrl: options.jwksUrl, ttl: options.ttl };
}

function isSecret(value: unknown): value is Secret {
  return typeof value === 'object' && value !== null && 'reveal' in value && typeof value.reveal === 'function';
}

/** Headers of a request: of `fetch`, or of Node's `http`. */
export interface IncomingRequest {
  readonly headers: Headers | { readonly authorization?: string | undefined };
}

/** How requests are authenticated. */
export interface AuthenticateOptions {
  readonly verifier: Verifier;
  /** Told why a request is refused. It never holds the token. */
  readonly log?: (problem: BeamError) => void;
}

/** What to answer to a request that is refused: the same for every reason. */
export interface Refusal {
  readonly authenticated: false;
  readonly status: 401;
  readonly headers: { readonly 'www-authenticate': 'Bearer'; readonly 'content-length': '0' };
}

/** Who sent a request, and the token that says so, to be passed on. */
export type Authenticated = Verified & { readonly authenticated: true; readonly token: Secret };

const REFUSAL: Refusal = { authenticated: false, status: 401, headers: { 'www-authenticate': 'Bearer', 'content-length': '0' } };

/**
 * Checks the bearer token of a request, one of `fetch` or one of Node's `http`. Every failure is the same 401 without a body:
 * no token, a bad one, keys that cannot be fetched. The reason is for `log` alone. Never throws.
 *
 * @example
 * ```ts
 * const caller = await authenticate(request, { verifier });
 * if (!caller.authenticated) return new Response(null, caller);
 * ```
 */
export async function authenticate(request: IncomingRequest, options: AuthenticateOptions): Promise<Authenticated | Refusal> {
  const { verifier, log } = options;
  try {
    const token = secretOf(bearerOf(request));
    return { ...(await verifier.verify(token)), authenticated: true, token };
  } catch (error) {
    log?.(error instanceof BeamError ? error : new BeamError('failed', 'The token could not be verified', { cause: error }));
    return REFUSAL;
  }
}

function bearerOf({ headers }: IncomingRequest): string {
  const header = isFetchHeaders(headers) ? headers.get('authorization') : headers.authorization;
  const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(header ?? '') ?? [];
  if (token === undefined) throw new BeamError('token_rejected', 'The request has no bearer token');
  return token;
}

/** By what it can do: a program may have `Headers` of another realm. */
function isFetchHeaders(headers: IncomingRequest['headers']): headers is Headers {
  return 'get' in headers && typeof headers.get === 'function';
}
