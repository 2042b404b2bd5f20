import * as v from 'valibot';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Server } from '../../store/server.ts';
import { pinnedEndpoint, serverAt, wellKnown } from '../dialect/discovery.ts';
import { optionalText } from '../dialect/schemas.ts';

export interface BeamAuthEndpoints {
  /** Whom the session will belong to: the server that was asked, or the one other that its document names. */
  readonly controlPlane: Server;
  readonly deviceCodeUrl: string;
  readonly tokenUrl: string;
  readonly verificationUri?: string;
  /** Not in every server: takes `{token}` and ends it. */
  readonly revocationUrl?: string;
}

const document = v.object({
  device_code_url: optionalText,
  token_url: optionalText,
  verification_uri: optionalText,
  revocation_url: optionalText,
});

export interface DiscoverBeamAuthOptions {
  /** After a login, when a session is at stake: the only servers that an endpoint may lie on, whatever the document says. */
  readonly pinned?: readonly Server[];
  readonly signal?: AbortSignal;
}

/**
 * `GET /.well-known/beam-auth` (docs/contracts.md 1); undefined when the server offers no device login this way. At login
 * its endpoints lie on the server that was asked, or on one control plane elsewhere, which the user is shown.
 * Throws `bad_answer` when an endpoint is missing or lies where it must not, and as `wellKnown`.
 */
export async function discoverBeamAuth(
  server: Server,
  http: Http,
  { pinned, signal }: DiscoverBeamAuthOptions = {},
): Promise<BeamAuthEndpoints | undefined> {
  const found = await readDocument(server, http, signal);
  if (found === undefined) return undefined;
  const controlPlane = pinned === undefined ? controlPlaneAt(found.token_url, server) : server;
  const endpoint = (field: EndpointField, text: string): string =>
    pinnedEndpoint(text, server, field, pinned ?? [server, controlPlane]);
  const { device_code_url, token_url, revocation_url, verification_uri } = found;
  return omitUndefined({
    controlPlane,
    deviceCodeUrl: endpoint('device_code_url', device_code_url),
    tokenUrl: endpoint('token_url', token_url),
    verificationUri: verification_uri,
    revocationUrl: revocation_url === undefined ? undefined : endpoint('revocation_url', revocation_url),
  });
}

/**
 * Whoever gives the token is the control plane: over https anywhere; a server on this machine may name another port of its
 * own. Anything else is left to be refused.
 */
function controlPlaneAt(tokenUrl: string, asked: Server): Server {
  const url = URL.canParse(tokenUrl) ? new URL(tokenUrl) : undefined;
  if (url?.protocol !== 'https:' && url?.hostname !== new URL(asked.origin).hostname) return asked;
  return serverAt(`${url.protocol}//${url.host}`, asked) ?? asked;
}

type EndpointField = 'device_code_url' | 'token_url' | 'revocation_url';
type Document = Readonly<Record<'device_code_url' | 'token_url', string>> &
  Readonly<Partial<Record<'verification_uri' | 'revocation_url', string>>>;

async function readDocument(server: Server, http: Http, signal: AbortSignal | undefined): Promise<Document | undefined> {
  const found = await wellKnown(server, '/.well-known/beam-auth', http, signal);
  if (found === undefined) return undefined;
  const result = v.safeParse(document, found);
  if (!result.success) throw unusable(server, v.getDotPath(result.issues[0]) ?? 'a field');
  const { device_code_url, token_url, ...rest } = result.output;
  if (device_code_url === undefined && token_url === undefined) return undefined;
  if (device_code_url === undefined) throw unusable(server, 'device_code_url');
  if (token_url === undefined) throw unusable(server, 'token_url');
  return omitUndefined({ device_code_url, token_url, ...rest });
}

function unusable(server: Server, field: string): BeamError {
  return new BeamError('bad_answer', `The login discovery of ${server.name} has no usable field ${field}`);
}
