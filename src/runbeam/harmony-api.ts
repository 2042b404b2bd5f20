/**
 * Which API a gateway has, found out without changing anything there and before the cloud is asked: a machine token that
 * nobody takes would live for 30 days (docs/contracts.md 4).
 */
import * as v from 'valibot';
import { BeamError } from '../errors.ts';
import type { HttpRequest, HttpResponse } from '../http.ts';
import { isTrouble, jsonOf } from '../net/answers.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { isSuccess } from './cloud/base-url.ts';
import { isPage } from './harmony-problem.ts';

export interface HarmonyApi {
  /** What `/info` says; absent where it says nothing. */
  readonly version?: string;
  /** There is a `/token` that takes machine tokens. 0.4 has none, and can only ask the cloud itself. */
  readonly takesTokens: boolean;
}

/** Asks for a path below the prefix. */
export type Ask = (name: string, request: Omit<HttpRequest, 'url'>) => Promise<HttpResponse>;

export interface ProbeInput {
  readonly ask: Ask;
  /** The error for an answer other than 2xx. */
  readonly problem: (response: HttpResponse, name: string) => BeamError;
  readonly host: string;
}

const versionSchema = v.object({ version: v.string() });

const ABSENT: readonly number[] = [404, 405, 501];

/**
 * Looks at `/info`, and at whether there is a `/token`. Throws `network`, `timeout`, `server_error`; `not_found` and
 * `bad_answer` where no management API is.
 */
export async function findHarmonyApi({ ask, problem, host }: ProbeInput): Promise<HarmonyApi> {
  const info = await ask('info', {});
  if (isTrouble(info)) throw problem(info, 'info');
  const version = versionIn(info);
  const takesTokens = await hasToken(ask, problem);
  if (version === undefined && !takesTokens) throw notHarmony(info, { problem, host });
  return omitUndefined({ version, takesTokens });
}

/** The version that `/info` says. Throws `network`, `timeout`, `server_error`, `forbidden`, `not_found`, `bad_answer`, `failed`. */
export async function findVersion({ ask, problem, host }: ProbeInput): Promise<string> {
  const info = await ask('info', {});
  const version = versionIn(info);
  if (version === undefined) throw notHarmony(info, { problem, host });
  return version;
}

function versionIn(info: HttpResponse): string | undefined {
  const said = v.safeParse(versionSchema, isSuccess(info) ? jsonOf(info) : undefined);
  return said.success ? said.output.version : undefined;
}

function notHarmony(info: HttpResponse, { problem, host }: Pick<ProbeInput, 'problem' | 'host'>): BeamError {
  if (!isSuccess(info)) return problem(info, 'info');
  return new BeamError('bad_answer', `${host} is not Harmony's management API: it does not say its version`, {
    hint: { command: 'runbeam harmony:list' },
  });
}

/** A GET where only POST is allowed is 405. Some answer 404 to that too: then a body without a token tells, which is refused. */
async function hasToken(ask: Ask, problem: ProbeInput['problem']): Promise<boolean> {
  const looked = await ask('token', {});
  if (looked.status === 405) return true;
  const response = await ask('token', { method: 'POST', json: {} });
  if (isTrouble(response) && response.status !== 501) throw problem(response, 'token');
  if (response.status >= 300 && response.status < 400) throw problem(response, 'token');
  return !ABSENT.includes(response.status) && !isPage(response);
}
