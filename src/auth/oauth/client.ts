import type * as Client from 'openid-client';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { fetchFrom } from '../../net/fetch.ts';
import { isTrouble, unexpectedStatus } from '../../net/answers.ts';
import type { Server } from '../../store/server.ts';
import { shownErrorCode } from '../dialect/schemas.ts';
import type { OAuthMetadata } from './metadata.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** openid-client, and how it is to speak to one server. */
export interface OAuthClient {
  readonly library: typeof Client;
  /** A configuration whose requests end with `signal`. */
  configuration(signal: AbortSignal | undefined): Client.Configuration;
}

/** Loads openid-client for a public client of `server`. Its requests go through `http`. */
export async function oauthClient(server: Server, metadata: OAuthMetadata, clientId: string, http: Http): Promise<OAuthClient> {
  const library = await import('openid-client');
  return {
    library,
    configuration: (signal) => {
      // The ID token comes straight from the token endpoint; its times would only test whether this clock is right.
      const client = { [library.clockTolerance]: Number.MAX_SAFE_INTEGER };
      const configuration = new library.Configuration(serverMetadata(metadata), clientId, client, library.None());
      const fetch = fetchFrom(watched(http, server, signal));
      configuration[library.customFetch] = (url, { body, signal: limit, ...init }) =>
        fetch(
          url,
          omitUndefined({
            ...init,
            body,
            signal: limit,
          }),
        );
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- loopback only; Http refuses plain http elsewhere
      if (server.loopback) library.allowInsecureRequests(configuration);
      return configuration;
    },
  };
}

function serverMetadata(metadata: OAuthMetadata): Client.ServerMetadata {
  const { deviceEndpoint, userinfoEndpoint, idTokenAlgorithms } = metadata;
  return omitUndefined({
    issuer: metadata.issuer,
    token_endpoint: metadata.tokenEndpoint,
    device_authorization_endpoint: deviceEndpoint,
    userinfo_endpoint: userinfoEndpoint,
    id_token_signing_alg_values_supported: idTokenAlgorithms,
  });
}

/** Turns 429 and 5xx into `server_error` before the library sees them, and adds the caller's signal. */
function watched(http: Http, server: Server, signal: AbortSignal | undefined): Http {
  return async (request) => {
    const both = [request.signal, signal].filter((one) => one !== undefined);
    const answer = await http(both.length === 0 ? request : { ...request, signal: AbortSignal.any(both) });
    if (isTrouble(answer)) throw unexpectedStatus(answer, `answer of ${server.name}`);
    return answer;
  };
}

/** The OAuth error code that a server answered with, if that is what went wrong. */
export function oauthErrorCode(error: unknown, { library }: OAuthClient): string | undefined {
  return error instanceof library.ResponseBodyError ? error.error : undefined;
}

/**
 * What an error of openid-client is to us. It wraps our own errors, which are brought back; its messages may hold the
 * server's text and stay in `cause`.
 */
export function oauthError(error: unknown, client: OAuthClient, what: string): BeamError {
  const own = ownError(error);
  if (own !== undefined) return own;
  const code = oauthErrorCode(error, client);
  if (code !== undefined) {
    const hint = code === 'invalid_client' || code === 'unauthorized_client' ? { text: 'Pass --client-id' } : undefined;
    return new BeamError(
      'bad_answer',
      `The ${what} is an error: ${shownErrorCode(code)}`,
      omitUndefined({
        hint,
        cause: error,
      }),
    );
  }
  return new BeamError('bad_answer', `The ${what} is not what OAuth says it should be`, { cause: error });
}

function ownError(error: unknown): BeamError | undefined {
  let current = error;
  for (let depth = 0; depth < 5; depth++) {
    if (current instanceof BeamError) return current;
    if (!(current instanceof Error)) return undefined;
    current = current.cause;
  }
  return undefined;
}
