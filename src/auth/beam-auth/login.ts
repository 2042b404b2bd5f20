import * as v from 'valibot';
import { clockSkewOf, watchClock } from '../../net/clock-skew.ts';
import { parseJson, unexpectedStatus } from '../../net/answers.ts';
import { Secret } from '../../secret.ts';
import { parseServer, type Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import type { BeamAuthEndpoints } from './discovery.ts';
import {
  type AuthDeps,
  type DeviceLogin,
  type Dialect,
  type PollAnswer,
  type RevokeOutcome,
  type Session,
  type Tokens,
} from '../dialect/dialect.ts';
import { revokeAt } from './session.ts';
import { deviceLogin } from '../device-flow/device-login.ts';
import { controlPlaneOf, edgeOf } from '../dialect/discovery.ts';
import { readPoll } from '../device-flow/poll.ts';
import { scopesAfterLogin } from '../edge-api/scopes.ts';
import { deviceAuthorization, optionalText, scopes } from '../dialect/schemas.ts';
import { grant, type GrantedTokens } from '../dialect/token-answer.ts';
import { omitUndefined } from '../../omit-undefined.ts';

const tokenAnswer = v.object({
  ...grant.entries,
  edge: optionalText,
  user: v.fallback(optionalText, undefined),
  // The control plane is asked for what does not fit.
  scopes: v.fallback(v.nullish(scopes), undefined),
});

/** Where one login goes to. */
interface Login {
  /** The server that was asked. */
  readonly server: Server;
  readonly endpoints: BeamAuthEndpoints;
  readonly deps: AuthDeps;
}

/** Device login in the edges' own JSON dialect (docs/contracts.md 1). Answers count by their JSON, 200 or 400. */
export function beamAuthDialect(server: Server, endpoints: BeamAuthEndpoints, deps: AuthDeps): Dialect {
  const login = { server, endpoints, deps };
  return {
    name: 'beam-auth',
    begin: (signal) => begin(login, signal),
    resume: { tokenUrl: endpoints.tokenUrl, poll: (code) => (signal) => poll(login, code, signal) },
  };
}

async function begin(login: Login, signal: AbortSignal | undefined): Promise<DeviceLogin> {
  const { server, deps } = login;
  const { controlPlane, deviceCodeUrl: url, verificationUri } = login.endpoints;
  const what = `device login answer of ${answering(url)}`;
  const watch = watchClock(deps.http, deps.clock);
  const answer = await watch.http(omitUndefined({ method: 'POST', url, json: {}, signal }));
  if (answer.status < 200 || answer.status > 299) throw unexpectedStatus(answer, what);
  const parsed = parseJson(answer, deviceAuthorization, what);
  const code = new Secret(parsed.device_code);
  return deviceLogin(parsed, what, verificationUri, {
    ...(controlPlane.origin === server.origin ? {} : { controlPlane: { name: controlPlane.name, server: server.name } }),
    ...clockSkewOf(watch),
    code,
    poll: (stop) => poll(login, code, stop),
  });
}

/** The server that answers at an endpoint, for messages. */
function answering(url: string): string {
  return parseServer(new URL(url).origin).name;
}

async function poll(login: Login, code: Secret, signal: AbortSignal | undefined): Promise<PollAnswer> {
  const { http, clock } = login.deps;
  const url = login.endpoints.tokenUrl;
  const what = `token answer of ${answering(url)}`;
  const json = { device_code: code.reveal() };
  const asked = clock.now();
  const answer = await http(omitUndefined({ method: 'POST', url, json, signal }));
  const revoke = (tokens: Tokens): Promise<RevokeOutcome> => revokeAt(revocationOf(login.endpoints), tokens, http);
  return readPoll(answer, {
    schema: tokenAnswer,
    what,
    asked,
    make: (read, tokens) => completed(sessionOf(read, login, tokens), login, signal),
    revoke,
  });
}

/** On the server that gives the tokens: whoever else the document names may have the code, but has not given these. */
function revocationOf({ revocationUrl, tokenUrl }: BeamAuthEndpoints): string | undefined {
  return revocationUrl !== undefined && new URL(revocationUrl).origin === new URL(tokenUrl).origin ? revocationUrl : undefined;
}

type Unfinished = Omit<Session, 'scopes'> & Partial<Pick<Session, 'scopes'>>;

/** Asks the control plane for what the token answer left out: usually the user, sometimes the orgs too. */
async function completed(session: Unfinished, login: Login, signal: AbortSignal | undefined): Promise<Session> {
  const { user, scopes: list } = session;
  if (user !== undefined && list !== undefined) return { ...session, scopes: list };
  const { origin } = login.endpoints.controlPlane;
  const known = await scopesAfterLogin(origin, session.accessToken, login.deps.http, signal);
  const { orgsUnknown, ...rest } = known;
  const base = { ...rest, ...session, scopes: list ?? known.scopes ?? [] };
  return list === undefined && orgsUnknown !== undefined ? { ...base, orgsUnknown } : base;
}

function sessionOf(answer: v.InferOutput<typeof tokenAnswer>, login: Login, tokens: GrantedTokens): Unfinished {
  const { controlPlane } = login.endpoints;
  // Without a word of the control plane a token of its own is not the asked server's to have.
  const edge = edgeOf(answer.edge, controlPlane);
  return omitUndefined({
    ...tokens,
    edge: edge.name,
    user: answer.user === undefined ? undefined : printable(answer.user),
    ...(answer.scopes === undefined || answer.scopes === null ? {} : { scopes: answer.scopes }),
    ...controlPlaneOf(edge, controlPlane),
  });
}
