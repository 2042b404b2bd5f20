import * as v from 'valibot';
import { BeamError, isTransient } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { parseJson, unexpectedStatus } from '../../net/answers.ts';
import type { Secret } from '../../secret.ts';
import type { Account, Scope } from '../../store/accounts/account.ts';
import { parseServer } from '../../store/server.ts';
import { printable } from '../../text.ts';
import type { Session } from '../dialect/dialect.ts';
import { optionalText, scopes } from '../dialect/schemas.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface ScopesAnswer {
  readonly user?: string;
  readonly scopes: readonly Scope[];
}

/** Where the API of an account's edge is: at its control plane, which may be the edge itself. */
export function apiOrigin(account: Pick<Account, 'server' | 'controlPlane'>): string {
  return parseServer(account.controlPlane ?? account.server).origin;
}

const answerSchema = v.object({ user: optionalText, scopes });

/**
 * `GET /api/scopes` (docs/contracts.md 1); undefined when there is no such call (404): only control planes have it.
 * Throws `token_rejected` for 401, and `server_error`, `bad_answer` and what `Http` throws.
 *
 * @param origin - as `apiOrigin` gives it; for a server without an account, `Server.origin`
 */
export async function fetchScopes(
  origin: string,
  token: Secret,
  http: Http,
  signal?: AbortSignal,
): Promise<ScopesAnswer | undefined> {
  const what = `list of orgs from ${new URL(origin).host}`;
  const url = `${origin}/api/scopes`;
  const answer = await http(omitUndefined({ url, bearer: token, signal }));
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw unexpectedStatus(answer, what);
  const { user, scopes: list } = parseJson(answer, answerSchema, what);
  return omitUndefined({ user: user === undefined ? undefined : printable(user), scopes: list });
}

/**
 * `fetchScopes` right after a login, where trouble only leaves the orgs unknown, and says why: the device code is used up,
 * and orgs can be asked for again. Throws `token_rejected` when the edge refuses the new token, and `interrupted`.
 */
export async function scopesAfterLogin(
  origin: string,
  token: Secret,
  http: Http,
  signal?: AbortSignal,
): Promise<Partial<ScopesAnswer> & Pick<Session, 'orgsUnknown'>> {
  try {
    const found = await fetchScopes(origin, token, http, signal);
    return found ?? { orgsUnknown: `${new URL(origin).host} has no list of orgs (404)` };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    if (isTransient(error.code) || error.code === 'bad_answer' || error.code === 'forbidden') {
      return { orgsUnknown: error.message };
    }
    throw error;
  }
}
