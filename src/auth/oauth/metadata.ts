import * as v from 'valibot';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import type { Server } from '../../store/server.ts';
import { pinnedEndpoint, wellKnown } from '../dialect/discovery.ts';
import { optionalText, text } from '../dialect/schemas.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** What we use of OpenID or OAuth server metadata. Every URL in it has passed `pinnedEndpoint`. */
export interface OAuthMetadata {
  /** Exactly as the document has it: ID tokens repeat it character by character. */
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly deviceEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly userinfoEndpoint?: string;
  readonly scopesSupported: readonly string[];
  readonly idTokenAlgorithms?: string[];
}

const DOCUMENTS = ['openid-configuration', 'oauth-authorization-server'];

const strings = v.fallback(v.nullish(v.array(v.string())), undefined);

const document = v.object({
  issuer: text,
  token_endpoint: text,
  device_authorization_endpoint: optionalText,
  revocation_endpoint: optionalText,
  userinfo_endpoint: optionalText,
  scopes_supported: strings,
  id_token_signing_alg_values_supported: strings,
});

/**
 * The first of the two metadata documents of a server that has what `need` asks for: device login, or at least a token
 * endpoint. Undefined when there is none. Throws `bad_answer` for a document that names another issuer (RFC 8414
 * section 3.3) or an endpoint elsewhere, and as `wellKnown` does.
 */
export async function discoverOAuth(
  server: Server,
  http: Http,
  need: 'device' | 'token',
  signal?: AbortSignal,
): Promise<OAuthMetadata | undefined> {
  for (const name of DOCUMENTS) {
    const found = v.safeParse(document, await wellKnown(server, name, http, signal));
    if (!found.success) continue;
    if (need === 'device' && found.output.device_authorization_endpoint === undefined) continue;
    return metadataOf(found.output, server);
  }
  return undefined;
}

function metadataOf(found: v.InferOutput<typeof document>, server: Server): OAuthMetadata {
  checkIssuer(found.issuer, server);
  const device = pinned(found.device_authorization_endpoint, server, 'device_authorization_endpoint');
  const revocation = pinned(found.revocation_endpoint, server, 'revocation_endpoint');
  const userinfo = pinned(found.userinfo_endpoint, server, 'userinfo_endpoint');
  const algorithms = found.id_token_signing_alg_values_supported;
  return omitUndefined({
    issuer: found.issuer,
    tokenEndpoint: pinnedEndpoint(found.token_endpoint, server, 'token_endpoint'),
    deviceEndpoint: device,
    revocationEndpoint: revocation,
    userinfoEndpoint: userinfo,
    scopesSupported: found.scopes_supported ?? [],
    ...(algorithms === undefined || algorithms === null ? {} : { idTokenAlgorithms: algorithms }),
  });
}

function pinned(endpoint: string | undefined, server: Server, field: string): string | undefined {
  return endpoint === undefined ? undefined : pinnedEndpoint(endpoint, server, field);
}

/** The issuer is the server's origin, with or without the slash that a URL puts after it. */
function checkIssuer(issuer: string, server: Server): void {
  if (issuer === server.origin || issuer === `${server.origin}/`) return;
  throw new BeamError('bad_answer', `The login discovery of ${server.name} belongs to another issuer`);
}
