/** `runbeam verify`: whether the stored session is good. Three answers: being offline never makes a token a bad one. */
import { isOpaque } from '../../auth/jwt/format.ts';
import { verifyUserToken, type UserClaims } from '../../auth/jwt/user-token.ts';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { clockSkewOf, watchClock } from '../../net/clock-skew.ts';
import { CloudClient } from '../../runbeam/cloud/client.ts';
import type { Secret } from '../../secret.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { nothingChanged } from '../waiting.ts';
import { runbeamAccount, runbeamServer, type AccountContext } from './account.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface Verified {
  readonly status: 'valid' | 'rejected' | 'unverified';
  readonly kind: 'jwt' | 'opaque';
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

type VerifyContext = AccountContext & Pick<Context, 'http' | 'signal' | 'waiting'>;

type Outcome = Pick<Verified, 'status' | 'user' | 'team' | 'expiresAt' | 'reason'>;

/** Throws `login_required` and `session_ended` when there is no token to check. */
export async function verify(context: VerifyContext): Promise<Verified> {
  const account = await runbeamAccount(context);
  const opening = { line: 'Opening the stored session', left: nothingChanged };
  const credential = await context.waiting(opening, () => context.accounts.credential(account));
  if (credential === undefined) {
    throw new BeamError('login_required', `There is no session for ${account.server}`, { hint: { command: 'runbeam login' } });
  }
  const watch = watchClock(context.http(account), context.clock);
  const token = credential.accessToken;
  const kind = isOpaque(token.reveal()) ? 'opaque' : 'jwt';
  const { http } = watch;
  const outcome = await context.waiting({ line: `Asking ${account.server} about the session`, left: nothingChanged }, () =>
    kind === 'jwt' ? checkJwt(context, http, token) : checkOpaque(context, http, account, token),
  );
  return { ...known(account, credential), ...outcome, ...clockSkewOf(watch), kind, server: account.server };
}

function known(account: Account, { expiresAt }: Credential): Pick<Verified, 'user' | 'expiresAt'> {
  return omitUndefined({ user: account.user === undefined ? undefined : printable(account.user), expiresAt });
}

async function checkJwt(context: VerifyContext, http: Http, token: Secret): Promise<Outcome> {
  const { env, clock } = context;
  try {
    const verified = await verifyUserToken(token, { server: runbeamServer(context), env, http, clock });
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

async function checkOpaque(context: VerifyContext, http: Http, account: Account, token: Secret): Promise<Outcome> {
  try {
    const apiUrl = account.apiUrl ?? runbeamServer(context).origin;
    // Whoever waits for this is told at once that the cloud could not be asked.
    const cloud = new CloudClient({ http, apiUrl, clock: context.clock, retries: 0, token: () => token });
    await cloud.baseUrl({ signal: context.signal });
    const status = await cloud.checkToken({ signal: context.signal });
    const reasons = {
      valid: undefined,
      rejected: `${account.server} does not accept the token`,
      unverified: `${account.server} gave no usable answer`,
    };
    const reason = reasons[status];
    return omitUndefined({ status, reason });
  } catch (error) {
    if (!(error instanceof BeamError) || error.code === 'interrupted') throw error;
    return { status: 'unverified', reason: error.message };
  }
}
