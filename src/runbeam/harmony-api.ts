/**
 * Which API a gateway has, found out without changing anything there and before the cloud is asked: a machine token that
 * nobody takes would live for 30 days (docs/contracts.md 4).
 */
import * as v from 'valibot';
import { BeamError } from '../errors.ts';
import type { HttpRequest, HttpResponse } from '../http.ts';
import { isTrouble, jsonOf } from '../net/answers.ts';
import { isSuccess } from './cloud/base-url.ts';
import { isPage } from './harmony-problem.ts';

export interface HarmonyApi {
  /** What `/info` says. */
  readonly version: string;
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
 * Looks at `/info`, and at whether there is a `/token`. Throws as `findVersion`, and `server_error` for a `/token` in trouble. What
 * does not say its version is no Harmony, whatever it answers: a server that says yes to everything must get no machine token.
 */
export async function findHarmonyApi(probe: ProbeInput): Promise<HarmonyApi> {
  return { version: await findVersion(probe), takesTokens: await hasToken(probe) };
}

/** The version that `/info` says. Throws `network`, `timeout`, `server_error`, `forbidden`, `not_found`, `bad_answer`, `failed`. */
export async function findVersion({ ask, problem, host }: ProbeInput): Promise<string> {
  const info = await ask('info', {});
  const version = versionIn(info);
  if (version !== undefined) return version;
  if (!isSuccess(info)) throw problem(info, 'info');
  throw new BeamError('bad_answer', `${host} is not Harmony's management API: it does not say its version`, {
    hint: { command: 'runbeam harmony:list' },
  });
}

function versionIn(info: HttpResponse): string | undefined {
  const said = v.safeParse(versionSchema, isSuccess(info) ? jsonOf(info) : undefined);
  return said.success ? said.output.version : undefined;
}

/** A GET where only POST is allowed is 405. Some answer 404 to that too: then a body without a token tells, which is refused. */
async function hasToken({ ask, problem }: ProbeInput): Promise<boolean> {
  const looked = await ask('token', {});
  if (looked.status === 405) return true;
  const response = await ask('token', { method: 'POST', json: {} });
  if (isTrouble(response) && response.status !== 501) throw problem(response, 'token');
  if (response.status >= 300 && response.status < 400) throw problem(response, 'token');
  return !ABSENT.includes(response.status) && !isPage(response);
}
