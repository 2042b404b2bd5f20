/** What a gateway's refusal means. */
import { BeamError } from '../errors.ts';
import type { HttpResponse } from '../http.ts';
import type { Secret } from '../secret.ts';
import { printable } from '../text.ts';
import { serverMessage } from './problem.ts';

export interface HarmonyCall {
  readonly host: string;
  readonly path: string;
  readonly label: string;
}

/** Whether the gateway has its Runbeam integration switched off (CONTRACTS 4: the two wordings of its 403). */
function isDisabled(response: HttpResponse): boolean {
  return response.status === 403 && /runbeam\.enabled|integration is disabled/i.test(response.text);
}

/** The error for an answer of a gateway other than 2xx. */
export function harmonyProblem(response: HttpResponse, call: HarmonyCall, secrets: readonly Secret[]): BeamError {
  const { status } = response;
  const said = serverMessage(response, secrets);
  const quote = said === undefined ? '' : `: ${said}`;
  const label = shellWord(call.label);
  if (isDisabled(response)) {
    return new BeamError('forbidden', `The Runbeam integration of Harmony at ${call.host} is disabled`, {
      hint:
        `Set enabled = true under [runbeam] in Harmony's config.toml, then: ` +
        `runbeam harmony:reload -l ${label} && runbeam harmony:authorize -l ${label}`,
    });
  }
  // Elsewhere than at /authorize no user token was sent: it is the gateway itself that is not authorized.
  if (status === 401 && !call.path.endsWith('/authorize')) {
    const hint = `runbeam harmony:authorize -l ${label}`;
    return new BeamError('forbidden', `Harmony at ${call.host} refused ${call.path} (401)${quote}`, { hint });
  }
  if (status === 401) {
    return new BeamError('token_rejected', `Harmony at ${call.host} rejected the session${quote}`, { hint: 'runbeam login' });
  }
  if (status === 403) return new BeamError('forbidden', `Harmony at ${call.host} refused ${call.path}${quote}`);
  if (status === 404) {
    return new BeamError('not_found', `Harmony at ${call.host} has no ${call.path}: the path prefix may be wrong`, {
      hint: 'runbeam harmony:list shows the prefix; remove and add the instance with -x PREFIX to change it',
    });
  }
  if (status >= 400 && status < 500 && status !== 429) {
    return new BeamError('failed', `Harmony at ${call.host} refused ${call.path} (${status})${quote}`);
  }
  if (status >= 500 || status === 429) {
    return new BeamError('server_error', `Harmony at ${call.host} answered ${status} to ${call.path}${quote}`);
  }
  return new BeamError('bad_answer', `${call.host} answered ${status} to ${call.path}, which is not Harmony's management API`, {
    hint: 'runbeam harmony:list',
  });
}

/** A label as a shell takes it, for hints. */
export function shellWord(text: string): string {
  const label = printable(text);
  return /^[\w.:@%+-]+$/.test(label) ? label : `'${label.replaceAll("'", `'\\''`)}'`;
}
