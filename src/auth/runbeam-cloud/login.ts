import * as v from 'valibot';
import type { HttpResponse } from '../../http.ts';
import { clockSkewOf, watchClock } from '../../net/clock-skew.ts';
import { isTrouble, jsonOf, parseJson, unexpectedStatus } from '../../net/answers.ts';
import { Secret } from '../../secret.ts';
import { parseServer, type Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import { BeamError } from '../../errors.ts';
import type { AuthDeps, DeviceLogin, Dialect, PollAnswer, Session } from '../dialect/dialect.ts';
import { optionalSeconds, optionalText, seconds, text, token } from '../dialect/schemas.ts';
import { granted } from '../dialect/token-answer.ts';
import { checkVerificationUri, clampExpiry, clampInterval } from '../device-flow/device-login.ts';
import { omitUndefined } from '../../omit-undefined.ts';

const startAnswer = v.object({
  device_token: text,
  verification_url: text,
  expires_in_seconds: seconds,
  interval: optionalSeconds,
});

/** Words for a no that the documents do not have, and that services of this kind use. */
const DENIALS = ['denied', 'access_denied', 'rejected', 'declined', 'cancelled', 'canceled'] as const;

const checkAnswer = v.variant('status', [
  v.object({ status: v.literal('pending') }),
  v.object({ status: v.picklist(['expired', 'invalid', ...DENIALS]), message: v.fallback(optionalText, undefined) }),
  v.object({
    status: v.literal('authenticated'),
    token,
    expires_in: optionalSeconds,
    user: v.fallback(
      v.nullish(v.object({ name: v.fallback(optionalText, undefined), email: v.fallback(optionalText, undefined) })),
      undefined,
    ),
  }),
]);

type Checked = v.InferOutput<typeof checkAnswer>;
type Authenticated = Extract<Checked, { status: 'authenticated' }>;
type Over = Exclude<Checked, { status: 'authenticated' | 'pending' }>;

const CHECK = '/api/cli/check-login';

/** Where a login goes: the base URL as given, without a slash at its end. */
interface Cloud {
  readonly server: Server;
  readonly apiUrl: string;
  readonly deps: AuthDeps;
}

/**
 * Login to Runbeam Cloud (docs/contracts.md 3): `start-login`, then `check-login` every 5 seconds. The session's edge
 * is the host of the base URL. Throws `bad_server` or `insecure_transport` for an unusable base URL.
 *
 * @param apiUrl - the base URL, with or without a path or a slash at its end
 */
export function runbeamLogin(apiUrl: string, deps: AuthDeps): Dialect {
  if (!URL.canParse(apiUrl)) {
    throw new BeamError('bad_server', 'The Runbeam Cloud URL is not a URL', { hint: { command: 'runbeam config:get api-url' } });
  }
  const cloud = { server: parseServer(new URL(apiUrl).origin), apiUrl: apiUrl.replace(/\/+$/, ''), deps };
  return {
    name: 'runbeam',
    begin: (signal) => begin(cloud, signal),
    resume: { tokenUrl: `${cloud.apiUrl}${CHECK}`, poll: (code) => (signal) => poll(cloud, code, signal) },
  };
}

async function begin(cloud: Cloud, signal: AbortSignal | undefined): Promise<DeviceLogin> {
  const what = `login answer of ${cloud.server.name}`;
  const watch = watchClock(cloud.deps.http, cloud.deps.clock);
  const answer = await watch.http(
    omitUndefined({
      method: 'POST',
      url: `${cloud.apiUrl}/api/cli/start-login`,
      signal,
    }),
  );
  if (answer.status < 200 || answer.status > 299) throw unexpectedStatus(answer, what);
  const started = parseJson(answer, startAnswer, what);
  const token = new Secret(started.device_token);
  return {
    verificationUri: checkVerificationUri(started.verification_url, what),
    expiresIn: clampExpiry(started.expires_in_seconds),
    interval: clampInterval(started.interval),
    ...clockSkewOf(watch),
    code: token,
    poll: (stop) => poll(cloud, token, stop),
  };
}

async function poll(cloud: Cloud, token: Secret, signal: AbortSignal | undefined): Promise<PollAnswer> {
  const asked = cloud.deps.clock.now();
  const answer = await cloud.deps.http(
    omitUndefined({
      url: `${cloud.apiUrl}${CHECK}/${encodeURIComponent(token.reveal())}`,
      secretPath: true,
      signal,
    }),
  );
  const parsed = checked(answer, `login answer of ${cloud.server.name}`);
  switch (parsed.status) {
    case 'pending':
      return { status: 'pending' };
    case 'authenticated':
      return { status: 'done', session: sessionOf(parsed, cloud, asked) };
    default:
      return { status: wasDenied(parsed) ? 'denied' : 'expired' };
  }
}

/**
 * A no is `invalid` in the documents, which is also what a login is that the cloud does not know: of one that it began itself
 * a minute ago, that is a no. Where the cloud has words for it, they settle which of the two it was.
 */
function wasDenied({ status, message = '' }: Over): boolean {
  if (status === 'expired') return /\b(den(y|ied)|reject|declin|refus)/i.test(message);
  return status !== 'invalid' || !/\bexpire/i.test(message);
}

/** The status in the body counts, also under a 4xx. A cloud that has dropped the login, as after a no, has only a 404 or 410. */
function checked(answer: HttpResponse, what: string): Checked {
  if (isTrouble(answer)) throw unexpectedStatus(answer, what);
  const result = v.safeParse(checkAnswer, jsonOf(answer));
  if (result.success) return result.output;
  if (answer.status === 404 || answer.status === 410) {
    throw new BeamError('access_denied', `The ${what} is ${answer.status}: the login was denied, or is not known there any more`);
  }
  if (answer.status < 200 || answer.status > 299) throw unexpectedStatus(answer, what);
  return parseJson(answer, checkAnswer, what);
}

function sessionOf(answer: Authenticated, cloud: Cloud, asked: number): Session {
  const user = answer.user?.email ?? answer.user?.name;
  return omitUndefined({
    ...granted({ access_token: answer.token, expires_in: answer.expires_in, refresh_token: undefined }, asked),
    edge: cloud.server.name,
    user: user === undefined ? undefined : printable(user),
    scopes: [],
  });
}
