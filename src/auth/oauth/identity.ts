import * as v from 'valibot';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { jsonOf } from '../../net/answers.ts';
import type { Secret } from '../../secret.ts';
import type { Scope } from '../../store/accounts/account.ts';
import type { Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import type { Session } from '../dialect/dialect.ts';
import { controlPlaneOf, edgeOf } from '../dialect/discovery.ts';
import type { IdTokenClaims } from './id-token.ts';
import type { OAuthMetadata } from './metadata.ts';
import { scopesAfterLogin } from '../edge-api/scopes.ts';
import { optionalText, scopes } from '../dialect/schemas.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** A finished login of which the tokens are known, but not yet whose they are. */
export interface Unidentified {
  readonly server: Server;
  readonly metadata: OAuthMetadata;
  readonly http: Http;
  /** The token answer, and the claims of the ID token that came with it. */
  readonly answer: unknown;
  readonly idToken: IdTokenClaims | undefined;
  readonly accessToken: Secret;
  readonly signal: AbortSignal | undefined;
}

type Identity = Pick<Session, 'edge' | 'user' | 'scopes' | 'controlPlane' | 'orgsUnknown'>;

/** What one source says. Other providers use the name `scopes` for other things: what does not fit counts as unsaid. */
const said = v.object({
  edge: v.fallback(optionalText, undefined),
  scopes: v.fallback(v.nullish(scopes), undefined),
  user: v.fallback(optionalText, undefined),
  email: v.fallback(optionalText, undefined),
  preferred_username: v.fallback(optionalText, undefined),
  name: v.fallback(optionalText, undefined),
});

interface Said {
  readonly edge?: string | undefined;
  readonly scopes?: readonly Scope[] | null | undefined;
  readonly user?: string | undefined;
}

/**
 * Edge, user and orgs of a login (docs/contracts.md 2): from the token answer, else the ID token, else userinfo, else
 * `GET /api/scopes` on the server that was asked, which is the control plane. Throws `bad_answer` for an unusable edge, and as `scopesAfterLogin`.
 */
export async function identityOf(login: Unidentified): Promise<Identity> {
  let known = merge(read(login.answer), read(login.idToken));
  if (known.scopes === undefined || known.user === undefined) known = merge(known, read(await userinfo(login)));
  const edge = edgeOf(known.edge, login.server);
  let orgsUnknown: string | undefined;
  if (known.scopes === undefined) {
    const asked = await scopesAfterLogin(login.server.origin, login.accessToken, login.http, login.signal);
    known = merge(known, asked);
    ({ orgsUnknown } = asked);
  }
  return omitUndefined({
    edge: edge.name,
    user: known.user === undefined ? undefined : printable(known.user),
    scopes: known.scopes ?? [],
    orgsUnknown,
    ...controlPlaneOf(edge, login.server),
  });
}

function read(source: unknown): Said {
  const result = v.safeParse(said, source);
  if (!result.success) return {};
  const { edge, scopes: list, user, email, preferred_username, name } = result.output;
  return { edge, scopes: list ?? undefined, user: user ?? email ?? preferred_username ?? name };
}

function merge(first: Said, second: Said): Said {
  return {
    edge: first.edge ?? second.edge,
    scopes: first.scopes ?? second.scopes,
    user: first.user ?? second.user,
  };
}

const subject = v.object({ sub: v.string() });

/** Who the server says it is; nothing where it says it of somebody else than the ID token does, or cannot be asked. */
async function userinfo({ metadata, http, accessToken, idToken, signal }: Unidentified): Promise<unknown> {
  const url = metadata.userinfoEndpoint;
  if (url === undefined) return undefined;
  try {
    const answer = await http(omitUndefined({ url, bearer: accessToken, signal }));
    const found = answer.status >= 200 && answer.status < 300 ? jsonOf(answer) : undefined;
    if (idToken === undefined) return found;
    return v.is(subject, found) && found.sub === idToken.sub ? found : undefined;
  } catch (error) {
    if (error instanceof BeamError && error.code !== 'interrupted') return undefined;
    throw error;
  }
}
