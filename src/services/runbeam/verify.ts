/**
 * `runbeam verify`: whether the token that runbeam acts with is good. Three answers: being offline never makes a token a bad
 * one.
 */
import { isOpaque } from '../../auth/jwt/format.ts';
import { failedCheck, type FailedCheck } from '../../auth/jwt/check-token.ts';
import { verifyUserToken, type UserClaims } from '../../auth/jwt/user-token.ts';
import { variable } from '../../environment.ts';
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
  /** It is checked with `RUNBEAM_JWT_SECRET`, and not with the keys of its issuer. */
  readonly bySecret: boolean;
  /** Whose token it is: the login's, or one that was given for this run. */
  readonly as: Acting['as'];
  /** The same in a sentence. */
  readonly title: string;
  /** What is there besides, and does not count. */
  readonly passedOver: readonly string[];
  /** What to do about one that is rejected. */
  readonly again: Hint;
  readonly server: string;
  /** These three are a verified JWT's. */
  readonly issuer?: string;
  readonly subject?: string;
  readonly audience?: readonly string[];
  readonly user?: string;
  readonly team?: string;
  /** Unix seconds. */
  readonly expiresAt?: number;
  /** Which check of a rejected JWT failed. */
  readonly failedCheck?: FailedCheck;
  /** Why it is not valid. */
  readonly reason?: string;
  /** Unix seconds: the moment in the reason, as an error has it. */
  readonly reasonAt?: number;
  /** Seconds that this machine's clock is ahead of the server's (negative: behind), where that is over a minute. */
  readonly clockSkew?: number;
}

type VerifyContext = ActingContext & Pick<Context, 'waiting'>;

/** What is known of a token once it was checked. */
export type Checked = Pick<
  Verified,
  'status' | 'issuer' | 'subject' | 'audience' | 'user' | 'team' | 'expiresAt' | 'failedCheck' | 'reason' | 'reasonAt'
>;

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
    checkUserToken(context, { ...acting, http }, token),
  );
  const bySecret = kind === 'jwt' && variable(context.env, 'RUNBEAM_JWT_SECRET') !== undefined;
  const again = acting.given?.again ?? { command: 'runbeam login' };
  const whose = {
    ...{ as, title, bySecret, passedOver: await passedOver(context, acting) },
    // With the secret set no other algorithm will do, and that is seldom meant where it is met.
    again: bySecret && outcome.failedCheck === 'algorithm' ? { command: 'unset RUNBEAM_JWT_SECRET' } : again,
  };
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

/** Whose word on a token counts, and how he is asked. */
type Checking = Pick<Acting, 'server' | 'apiUrl'> & { readonly http: Http };

type CheckContext = Pick<Context, 'clock' | 'env' | 'homes' | 'signal'>;

/** Checks a token as far as that can be done now. Throws `interrupted`. */
export function checkUserToken(context: CheckContext, checking: Checking, token: Secret): Promise<Checked> {
  return isOpaque(token.reveal()) ? checkOpaque(context, checking, token) : checkJwt(context, checking, token);
}

async function checkJwt({ env, clock, homes }: CheckContext, { server, http }: Checking, token: Secret): Promise<Checked> {
  try {
    const verified = await verifyUserToken(token, { server, env, http, clock, homes });
    return verified.kind === 'jwt' ? { status: 'valid', ...shown(verified.claims) } : { status: 'unverified' };
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    const check = failedCheck(error);
    const status = check === undefined ? 'unverified' : 'rejected';
    return omitUndefined({ status, failedCheck: check, reason: error.message, reasonAt: error.at });
  }
}

/** Claims are their issuer's text, for a terminal: verified is not the same as harmless. */
function shown({ iss, sub, aud, exp, user, team }: UserClaims): Partial<Checked> {
  return omitUndefined({
    issuer: printable(iss),
    subject: printable(String(sub)),
    audience: aud === undefined ? undefined : [aud].flat().map((one) => printable(one)),
    expiresAt: exp,
    user: user === undefined ? undefined : printable(user.email === '' ? user.name : user.email),
    team: team === undefined ? undefined : printable(team.name),
  });
}

async function checkOpaque(context: CheckContext, { server, apiUrl, http }: Checking, token: Secret): Promise<Checked> {
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
