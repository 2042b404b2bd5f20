import * as v from 'valibot';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import type { Server } from '../../store/server.ts';
import { heldEndpoint, wellKnown } from '../dialect/discovery.ts';
import { optionalText } from '../dialect/schemas.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface BeamAuthEndpoints {
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

/**
 * `GET /.well-known/beam-auth` (docs/contracts.md 1); undefined when the server offers no device login this way.
 * Throws `bad_answer` when an endpoint is missing or lies outside the server's own hosts, and as `wellKnown` does.
 */
export async function discoverBeamAuth(server: Server, http: Http, signal?: AbortSignal): Promise<BeamAuthEndpoints | undefined> {
  const found = await wellKnown(server, 'beam-auth', http, signal);
  if (found === undefined) return undefined;
  const result = v.safeParse(document, found);
  if (!result.success) throw unusable(server, v.getDotPath(result.issues[0]) ?? 'a field');
  const { device_code_url, token_url, verification_uri, revocation_url } = result.output;
  if (device_code_url === undefined && token_url === undefined) return undefined;
  if (device_code_url === undefined) throw unusable(server, 'device_code_url');
  if (token_url === undefined) throw unusable(server, 'token_url');
  return omitUndefined({
    deviceCodeUrl: heldEndpoint(device_code_url, server, 'device_code_url'),
    tokenUrl: heldEndpoint(token_url, server, 'token_url'),
    verificationUri: verification_uri,
    revocationUrl: revocation_url === undefined ? undefined : heldEndpoint(revocation_url, server, 'revocation_url'),
  });
}

function unusable(server: Server, field: string): BeamError {
  return new BeamError('bad_answer', `The login discovery of ${server.name} has no usable field ${field}`);
}
