/** `beamd status --check`: what the edge says of the token. */
import { withAgent } from '../../agent/client/with-agent.ts';
import { checkApiKey } from '../../auth/edge-api/workspace.ts';
import { noSuchCall } from '../../auth/control-plane.ts';
import { apiOrigin, fetchScopes } from '../../auth/edge-api/scopes.ts';
import { BeamError, isTransient, type ErrorCode } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { clockSkewOf, watchClock } from '../../net/clock-skew.ts';
import type { Secret } from '../../secret.ts';
import type { Context } from '../context.ts';
import type { Target } from '../target/ladder.ts';
import { serverOf, type AccountTarget } from '../target/target.ts';
import { nothingChanged } from '../waiting.ts';
import { whatIs } from './check-api-key.ts';
import type { EdgeCheck } from './status.ts';

const REJECTED: ReadonlySet<ErrorCode> = new Set(['token_rejected', 'session_ended', 'login_required']);

export type AskContext = Pick<Context, 'accounts' | 'agents' | 'clock' | 'http' | 'waiting'>;

/** Asks the edge whether it takes the token. Throws what is neither a refusal nor a failure to ask. */
export async function askEdge(context: AskContext, target: Target): Promise<EdgeCheck> {
  const account = target.kind === 'account' ? target.account : target.kind === 'app-config' ? target.appConfig : undefined;
  const watch = watchClock(context.http(account), context.clock);
  const line = `Asking ${serverOf(target).name} whether it takes the token`;
  const verdict = await context.waiting({ line, left: nothingChanged }, () => verdictOf(context, target, watch.http));
  return { ...verdict, ...clockSkewOf(watch) };
}

async function verdictOf(context: AskContext, target: Target, http: Http): Promise<EdgeCheck> {
  try {
    const known = await (target.kind === 'account' ? askForAccount(context, target, http) : isKnown(context, target, http));
    return known ? { verdict: 'valid' } : { verdict: 'unverified', reason: `${serverOf(target).name} has no way to tell (404)` };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    const { code, message: reason, at: reasonAt } = error;
    if (REJECTED.has(code)) {
      const refreshable = code === 'token_rejected' && target.kind === 'account' && (await isRefreshable(context, target));
      return omitUndefined({ verdict: 'rejected', reason, reasonAt, code, refreshable: refreshable ? true : undefined });
    }
    // A page in the place of an answer, or an agent that is busy, says nothing of the token either.
    if (isTransient(code) || code === 'bad_answer' || code === 'busy') return { verdict: 'unverified', reason, code };
    throw error;
  }
}

/** Whether the session has what another token is got with. */
async function isRefreshable({ accounts }: AskContext, { account }: AccountTarget): Promise<boolean> {
  try {
    return (await accounts.credential(account))?.refreshToken !== undefined;
  } catch (error) {
    if (error instanceof BeamError) return false;
    throw error;
  }
}

/** True: the edge knows the token. False: it offers no call to ask. */
async function askForAccount(context: AskContext, { account }: AccountTarget, http: Http): Promise<boolean> {
  const origin = apiOrigin(account);
  const token = await ownToken(context, account.key);
  const known =
    account.kind === 'token'
      ? (await checkApiKey(origin, token, http)) !== 'not_checked'
      : (await fetchScopes(origin, token, http)) !== undefined;
  if (!known && account.controlPlane !== undefined) throw noSuchCall(account.controlPlane, 'this login');
  return known;
}

/** From the running agent, else by this process: a check starts no agent either. */
async function ownToken({ agents }: AskContext, key: string): Promise<Secret> {
  const opening = (await agents.running(key)) ?? agents.inProcess(key);
  return withAgent(opening, async (agent) => (await agent.token({})).accessToken);
}

async function isKnown(context: AskContext, target: Exclude<Target, { kind: 'account' }>, http: Http): Promise<boolean> {
  const { workspace, session } = await whatIs(context, target, http);
  return workspace !== undefined || session !== undefined;
}
