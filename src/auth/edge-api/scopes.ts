import * as v from 'valibot';
import { BeamError, type ErrorCode } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { parseJson } from '../../net/json.ts';
import { unexpectedStatus } from '../../net/status.ts';
import type { Secret } from '../../secret.ts';
import type { Scope } from '../../store/accounts/account.ts';
import { printable } from '../../text.ts';
import { optionalText, scopes } from '../dialect/schemas.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface ScopesAnswer {
  readonly user?: string;
  readonly scopes: readonly Scope[];
}

const answerSchema = v.object({ user: optionalText, scopes });

/**
 * `GET /api/scopes` on an edge (docs/contracts.md 1); undefined when the edge has no such call (404).
 * Throws `token_rejected` for 401, and `server_error`, `bad_answer` and what `Http` throws.
 *
 * @param origin - `Server.origin` of the edge
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

const PASSING: ReadonlySet<ErrorCode> = new Set(['network', 'timeout', 'server_error', 'bad_answer', 'forbidden']);

/**
 * `fetchScopes` right after a login, where trouble only leaves the orgs unknown: the device code is used up, and orgs
 * can be asked for again. Throws `token_rejected` when the edge refuses the new token, and `interrupted`.
 */
export async function scopesAfterLogin(
  origin: string,
  token: Secret,
  http: Http,
  signal?: AbortSignal,
): Promise<Partial<ScopesAnswer>> {
  try {
    return (await fetchScopes(origin, token, http, signal)) ?? {};
  } catch (error) {
    if (error instanceof BeamError && PASSING.has(error.code)) return {};
    throw error;
  }
}
