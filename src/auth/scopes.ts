import * as v from 'valibot';
import type { Http } from '../http.ts';
import { parseJson } from '../net/json.ts';
import { unexpectedStatus } from '../net/status.ts';
import type { Secret } from '../secret.ts';
import type { Scope } from '../store/types.ts';
import { printable } from '../text.ts';
import { optionalText, scopes } from './schemas.ts';

export interface ScopesAnswer {
  readonly user?: string;
  readonly scopes: readonly Scope[];
}

const answerSchema = v.object({ user: optionalText, scopes });

/**
 * `GET /api/scopes` on an edge (CONTRACTS section 1); undefined when the edge has no such call (404).
 * Throws `token_rejected` for 401, and `server_error`, `bad_answer` and what `Http` throws.
 *
 * @param origin - `Server.origin` of the edge
 */
export async function fetchScopes(origin: string, token: Secret, http: Http): Promise<ScopesAnswer | undefined> {
  const what = `list of orgs from ${new URL(origin).host}`;
  const answer = await http({ url: `${origin}/api/scopes`, bearer: token });
  if (answer.status === 404) return undefined;
  if (answer.status !== 200) throw unexpectedStatus(answer, what);
  const { user, scopes: list } = parseJson(answer, answerSchema, what);
  return { ...(user === undefined ? {} : { user: printable(user) }), scopes: list };
}
