import * as v from 'valibot';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import type { Server } from '../../store/server.ts';
import { firstFound, pinnedEndpoint, wellKnown } from '../dialect/discovery.ts';
import { optionalText, text } from '../dialect/schemas.ts';
import { checkIssuer, documentsOf, type Issuer } from './issuer.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** What we use of OpenID or OAuth server metadata. Every URL in it has passed `pinnedEndpoint`. */
export interface OAuthMetadata {
  /** Where the issuer is: every endpoint lies there. */
  readonly host: Server;
  /** Exactly as the document has it: ID tokens repeat it character by character. */
  readonly issuer: string;
  readonly tokenEndpoint: string;
  readonly deviceEndpoint?: string;
  readonly revocationEndpoint?: string;
  readonly userinfoEndpoint?: string;
  readonly scopesSupported: readonly string[];
  readonly idTokenAlgorithms?: string[];
}

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

type Document = v.InferOutput<typeof document>;

/**
 * The first of the two metadata documents of an issuer that has what `need` asks for: device login, or at least a token
 * endpoint. Undefined when there is none. Throws `bad_answer` for a document that names another issuer (RFC 8414
 * section 3.3) or an endpoint that is not on the issuer's host, `no_device_login` where all that lacks is the device login,
 * and as `wellKnown`.
 */
export async function discoverOAuth(
  issuer: Issuer,
  http: Http,
  need: 'device' | 'token',
  signal?: AbortSignal,
): Promise<OAuthMetadata | undefined> {
  let other: Document | undefined;
  const found = await firstFound(
    documentsOf(issuer).map((path) => async () => {
      const read = v.safeParse(document, await wellKnown(issuer.host, path, http, signal));
      if (!read.success) return undefined;
      const usable = need === 'token' || read.output.device_authorization_endpoint !== undefined;
      if (!usable) other = read.output;
      return usable ? metadataOf(read.output, issuer) : undefined;
    }),
  );
  if (found !== undefined || other === undefined) return found;
  checkIssuer(other.issuer, issuer);
  throw new BeamError(
    'no_device_login',
    `${issuer.host.name} has a login, and none for devices: its discovery names no device_authorization_endpoint`,
    {
      hint: { command: `beamd login --server ${issuer.host.name} --token -` },
    },
  );
}

function metadataOf(found: Document, issuer: Issuer): OAuthMetadata {
  checkIssuer(found.issuer, issuer);
  const { host } = issuer;
  const device = pinned(found.device_authorization_endpoint, host, 'device_authorization_endpoint');
  const revocation = pinned(found.revocation_endpoint, host, 'revocation_endpoint');
  const userinfo = pinned(found.userinfo_endpoint, host, 'userinfo_endpoint');
  const algorithms = found.id_token_signing_alg_values_supported;
  return omitUndefined({
    host,
    issuer: found.issuer,
    tokenEndpoint: pinnedEndpoint(found.token_endpoint, host, 'token_endpoint'),
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
