/** The user tokens of Runbeam Cloud: RS256 JWTs with a `kid`, or opaque Sanctum tokens `{id}|{secret}`. */
import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, jwtVerify, SignJWT, type CryptoKey, type JWK } from 'jose';
import type { Person } from '../fixtures.ts';

export interface UserTokenRules {
  readonly kind: 'jwt' | 'sanctum';
  /** Of JWTs; null: they have none. */
  readonly audience: string | null;
  readonly person: Person;
  readonly issuer: string;
  /** Seconds a token lives, asked each time one is issued. */
  readonly expiresIn: () => number;
}

interface Key {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export class UserTokens {
  readonly #rules: UserTokenRules;
  /** Newest first: the first one signs. */
  readonly #keys: Key[];
  /** Sanctum tokens and when they expire (milliseconds since 1970). */
  readonly #opaque = new Map<string, number>();
  #ended = new Set<string>();

  private constructor(rules: UserTokenRules, first: Key) {
    this.#rules = rules;
    this.#keys = [first];
  }

  static async create(rules: UserTokenRules): Promise<UserTokens> {
    return new UserTokens(rules, await newKey());
  }

  /** A token of the configured kind. `claims` replace or add to those of a JWT; `undefined` removes one. */
  async issue(claims: Readonly<Record<string, unknown>> = {}): Promise<string> {
    if (this.#rules.kind === 'sanctum') return this.#issueOpaque();
    const now = Math.floor(Date.now() / 1000);
    const key = this.#signingKey();
    const payload = { ...this.#claims(now), ...claims };
    return new SignJWT(Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined)))
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
      .sign(key.privateKey);
  }

  async accepts(token: string | undefined): Promise<boolean> {
    if (token === undefined || this.#ended.has(token)) return false;
    if (token.includes('|')) return Date.now() < (this.#opaque.get(token) ?? 0);
    for (const key of this.#keys) if (await verified(token, key, this.#rules.issuer)) return true;
    return false;
  }

  /** The server forgets a token before its time. */
  end(token: string): void {
    this.#ended.add(token);
  }

  /** Signs with a new key from now on; the old public keys stay listed. */
  async rotateKey(): Promise<void> {
    this.#keys.unshift(await newKey());
  }

  async jwks(): Promise<{ keys: JWK[] }> {
    const keys = this.#keys.map(async ({ kid, publicKey }) => ({
      ...(await exportJWK(publicKey)),
      kid,
      alg: 'RS256',
      use: 'sig',
    }));
    return { keys: await Promise.all(keys) };
  }

  #signingKey(): Key {
    const key = this.#keys[0];
    if (key === undefined) throw new Error('no signing key');
    return key;
  }

  #claims(now: number): Record<string, unknown> {
    const { person, issuer, audience } = this.#rules;
    return {
      iss: issuer,
      ...(audience === null ? {} : { aud: audience }),
      sub: '42',
      iat: now,
      nbf: now,
      exp: now + this.#rules.expiresIn(),
      user: { id: '42', name: person.name, email: person.email },
      team: { id: '7', name: 'Acme Inc.' },
    };
  }

  #issueOpaque(): string {
    const token = `${this.#opaque.size + 1}|${randomBytes(24).toString('base64url')}`;
    this.#opaque.set(token, Date.now() + this.#rules.expiresIn() * 1000);
    return token;
  }
}

async function newKey(): Promise<Key> {
  const pair = await generateKeyPair('RS256', { extractable: true });
  return { kid: randomBytes(8).toString('hex'), ...pair };
}

async function verified(token: string, key: Key, issuer: string): Promise<boolean> {
  try {
    await jwtVerify(token, key.publicKey, { algorithms: ['RS256'], issuer, clockTolerance: 60 });
    return true;
  } catch {
    return false;
  }
}
