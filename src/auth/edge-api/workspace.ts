import * as v from 'valibot';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { parseJson, unexpectedStatus } from '../../net/answers.ts';
import type { Secret } from '../../secret.ts';
import { printable } from '../../text.ts';
import { optionalText, text } from '../dialect/schemas.ts';

/** What an API key stands for. */
export interface Workspace {
  readonly slug: string;
  readonly name: string;
  readonly provisioned: boolean;
  readonly exampleUrl?: string;
}

const line = v.pipe(
  text,
  v.transform((value) => printable(value)),
);

const schema = v.object({ slug: line, name: line, provisioned: v.boolean(), exampleUrl: optionalText });

/**
 * `GET /api/v1/workspace` (docs/contracts.md 1): what the key is, or `not_checked` on an edge without this call (404).
 * Throws `token_rejected` for an unknown key, and `server_error`, `bad_answer` and what `Http` throws.
 *
 * @param origin - `Server.origin` of the edge
 */
export async function checkApiKey(origin: string, token: Secret, http: Http): Promise<Workspace | 'not_checked'> {
  const { host } = new URL(origin);
  const what = `workspace answer of ${host}`;
  const answer = await http({ url: `${origin}/api/v1/workspace`, bearer: token });
  if (answer.status === 404) return 'not_checked';
  if (answer.status === 401) {
    throw new BeamError('token_rejected', `${host} does not know this API key`, {
      hint: { text: 'Give one that the edge still has, or make a new one there' },
    });
  }
  if (answer.status !== 200) throw unexpectedStatus(answer, what);
  const { exampleUrl, ...workspace } = parseJson(answer, schema, what);
  return exampleUrl === undefined ? workspace : { ...workspace, exampleUrl: printable(exampleUrl) };
}
