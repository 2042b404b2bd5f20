import * as v from 'valibot';
import type { Http } from '../../http.ts';
import { clockSkewOf, watchClock } from '../../net/clock-skew.ts';
import { jsonOf, parseJson } from '../../net/json.ts';
import { isTrouble, unexpectedStatus } from '../../net/status.ts';
import { Secret } from '../../secret.ts';
import { parseServer } from '../../store/server.ts';
import type { Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import type { BeamAuthEndpoints } from './discovery.ts';
import type { AuthDeps, DeviceLogin, Dialect, PollAnswer, Session } from '../dialect/dialect.ts';
import { deviceLogin } from '../device-flow/device-login.ts';
import { controlPlaneOf, edgeOf } from '../dialect/edge.ts';
import { expiresAt } from '../dialect/limits.ts';
import { pollAnswer } from '../device-flow/poll.ts';
import { scopesAfterLogin } from '../edge-api/scopes.ts';
import { deviceAuthorization, errorCodeOf, optionalSeconds, optionalText, scopes, token } from '../dialect/schemas.ts';
import { omitUndefined } from '../../omit-undefined.ts';

const tokenAnswer = v.object({
  access_token: token,
  refresh_token: optionalText,
  expires_in: optionalSeconds,
  edge: optionalText,
  user: optionalText,
  scopes: v.nullish(scopes),
});

/** Device login in the edges' own JSON dialect (docs/contracts.md 1). Answers count by their JSON, 200 or 400. */
export function beamAuthDialect(server: Server, endpoints: BeamAuthEndpoints, deps: AuthDeps): Dialect {
  return { name: 'beam-auth', begin: (signal) => begin(server, endpoints, deps, signal) };
}

async function begin(
  server: Server,
  endpoints: BeamAuthEndpoints,
  deps: AuthDeps,
  signal: AbortSignal | undefined,
): Promise<DeviceLogin> {
  const what = `device login answer of ${server.name}`;
  const watch = watchClock(deps.http, deps.clock);
  const answer = await watch.http(
    omitUndefined({
      method: 'POST',
      url: endpoints.deviceCodeUrl,
      json: {},
      signal,
    }),
  );
  if (answer.status !== 200 && answer.status !== 201) throw unexpectedStatus(answer, what);
  const parsed = parseJson(answer, deviceAuthorization, what);
  const code = new Secret(parsed.device_code);
  return deviceLogin(parsed, what, endpoints.verificationUri, {
    ...clockSkewOf(watch),
    poll: (stop) => poll(server, endpoints.tokenUrl, code, deps, stop),
  });
}

async function poll(
  server: Server,
  url: string,
  code: Secret,
  { http, clock }: AuthDeps,
  signal: AbortSignal | undefined,
): Promise<PollAnswer> {
  const what = `token answer of ${server.name}`;
  const json = { device_code: code.reveal() };
  const answer = await http(omitUndefined({ method: 'POST', url, json, signal }));
  if (isTrouble(answer)) throw unexpectedStatus(answer, what);
  const error = errorCodeOf(jsonOf(answer));
  if (error !== undefined) return pollAnswer(error, what);
  if (answer.status !== 200 && answer.status !== 400) throw unexpectedStatus(answer, what);
  const session = sessionOf(parseJson(answer, tokenAnswer, what), server, clock.now());
  return { status: 'done', session: await completed(session, http, signal) };
}

/** Asks the edge for what the token answer left out: usually the user, sometimes the orgs too. */
async function completed(
  session: Omit<Session, 'scopes'> & Partial<Pick<Session, 'scopes'>>,
  http: Http,
  signal: AbortSignal | undefined,
): Promise<Session> {
  const { user, scopes: list } = session;
  if (user !== undefined && list !== undefined) return { ...session, scopes: list };
  const { origin } = parseServer(session.edge);
  const known = await scopesAfterLogin(origin, session.accessToken, http, signal);
  return { ...known, ...session, scopes: list ?? known.scopes ?? [] };
}

function sessionOf(answer: v.InferOutput<typeof tokenAnswer>, server: Server, now: number): Parameters<typeof completed>[0] {
  const edge = edgeOf(answer.edge, server);
  const end = expiresAt(now, answer.expires_in);
  return omitUndefined({
    accessToken: new Secret(answer.access_token),
    refreshToken: answer.refresh_token === undefined ? undefined : new Secret(answer.refresh_token),
    expiresAt: end,
    edge: edge.name,
    user: answer.user === undefined ? undefined : printable(answer.user),
    ...(answer.scopes === undefined || answer.scopes === null ? {} : { scopes: answer.scopes }),
    ...controlPlaneOf(edge, server),
  });
}
