/**
 * `runbeam verify`: whether the token that runbeam acts with is good. Three answers: being offline never makes a token a bad
 * one.
 */
import { isOpaque } from '../../auth/jwt/format.ts';
import { verifyUserToken, type UserClaims } from '../../auth/jwt/user-token.ts';
import { BeamError, type Hint } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { clockSkewOf, watchClock } from '../../net/clock-skew.ts';
import { CloudClient } from '../../runbeam/cloud/client.ts';
import type { Secret } from '../../secret.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { nothingChanged } from '../waiting.ts';
import { actingFor, passedOver, type Acting, type ActingContext, type ActingInput } from './acting.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface Verified {
  readonly status: 'valid' | 'rejected' | 'unverified';
  readonly kind: 'jwt' | 'opaque';
  /** Whose token it is: the login's, or one that was given for this run. */
  readonly as: Acting['as'];
  /** The same in a sentence. */
  readonly title: string;
  /** What is there besides, and does not count. */
  readonly passedOver: readonly string[];
  /** What to do about one that is rejected. */
  readonly again: Hint;
  readonly server: string;
  readonly user?: string;
  readonly team?: string;
  /** Unix seconds. */
  readonly expiresAt?: number;
  /** Why it is not valid. */
  readonly reason?: string;
  /** Seconds that this machine's clock is ahead of the server's (negative: behind), where that is over a minute. */
  readonly clockSkew?: number;
}

type VerifyContext = ActingContext & Pick<Context, 'waiting'>;

type Outcome = Pick<Verified, 'status' | 'user' | 'team' | 'expiresAt' | 'reason'>;

/** Throws as `actingFor`, and `login_required` and `session_ended` when there is no token to check. */
export async function verify(context: VerifyContext, { config }: Pick<ActingInput, 'config'>): Promise<Verified> {
  const acting = await actingFor(context, { config, workOf: 'user' });
  const { as, title, account, server } = acting;
  const found = account === undefined ? undefined : await storedIn(context, account);
  const token = found?.credential.accessToken ?? (await acting.token());
  const watch = watchClock(acting.http, context.clock);
  const kind = isOpaque(token.reveal()) ? 'opaque' : 'jwt';
  const { http } = watch;
  const outcome = await context.waiting({ line: `Asking ${server.name} about the token`, left: nothingChanged }, () =>
    kind === 'jwt' ? checkJwt(context, { ...acting, http }, token) : checkOpaque(context, { ...acting, http }, token),
  );
  const again = acting.given?.again ?? { command: 'runbeam login' };
  const whose = { as, title, again, passedOver: await passedOver(context, acting) };
  return { ...(found && known(found)), ...outcome, ...clockSkewOf(watch), ...whose, kind, server: server.name };
}

interface Found {
  readonly account: Account;
  readonly credential: Credential;
}

/** The login is read, and its agent left alone: nothing is to be renewed for a look. */
async function storedIn(context: VerifyContext, account: Account): Promise<Found> {
  const opening = { line: 'Opening the stored session', left: nothingChanged };
  const credential = await context.waiting(opening, () => context.accounts.credential(account));
  if (credential !== undefined) return { account, credential };
  throw new BeamError('login_required', `There is no session for ${account.server}`, { hint: { command: 'runbeam login' } });
}

function known({ account, credential: { expiresAt } }: Found): Pick<Verified, 'user' | 'expiresAt'> {
  return omitUndefined({ user: account.user === undefined ? undefined : printable(account.user), expiresAt });
}

type Checking = Pick<Acting, 'server' | 'apiUrl'> & { readonly http: Http };

async function checkJwt({ env, clock }: VerifyContext, { server, http }: Checking, token: Secret): Promise<Outcome> {
  try {
    const verified = await verifyUserToken(token, { server, env, http, clock });
    return verified.kind === 'jwt' ? { status: 'valid', ...shown(verified.claims) } : { status: 'unverified' };
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    const rejected = error.code === 'token_rejected' || error.code === 'session_ended';
    return { status: rejected ? 'rejected' : 'unverified', reason: error.message };
  }
}

function shown({ exp, user, team }: UserClaims): Pick<Verified, 'user' | 'team' | 'expiresAt'> {
  return omitUndefined({
    expiresAt: exp,
    user: user === undefined ? undefined : printable(user.email === '' ? user.name : user.email),
    team: team === undefined ? undefined : printable(team.name),
  });
}

async function checkOpaque(context: VerifyContext, { server, apiUrl, http }: Checking, token: Secret): Promise<Outcome> {
  try {
    // Whoever waits for this is told at once that the cloud could not be asked.
    const cloud = new CloudClient({ http, apiUrl, clock: context.clock, retries: 0, token: () => token });
    await cloud.baseUrl({ signal: context.signal });
    const status = await cloud.checkToken({ signal: context.signal });
    const reasons = {
      valid: undefined,
      rejected: `${server.name} does not accept the token`,
      unverified: `${server.name} gave no usable answer`,
    };
    return omitUndefined({ status, reason: reasons[status] });
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    return { status: 'unverified', reason: error.message };
  }
}
