/** What a gateway's refusal means. */
import { BeamError } from '../errors.ts';
import type { HttpResponse } from '../http.ts';
import { isTrouble, retryAfterOf } from '../net/answers.ts';
import { printable } from '../text.ts';

export interface HarmonyCall {
  readonly host: string;
  readonly path: string;
  readonly label: string;
}

/** Whether the gateway has its Runbeam integration switched off (docs/contracts.md 4: the two wordings of its 403). */
function isDisabled(response: HttpResponse): boolean {
  return response.status === 403 && /runbeam\.enabled|integration is disabled/i.test(response.text);
}

/** The error for an answer of a gateway other than 2xx. Its text is looked at, but never repeated. */
export function harmonyProblem(response: HttpResponse, call: HarmonyCall): BeamError {
  const { status } = response;
  const label = shellWord(call.label);
  if (isDisabled(response)) {
    return new BeamError('forbidden', `The Runbeam integration of Harmony at ${call.host} is disabled`, {
      hint: {
        text:
          `Set enabled = true under [runbeam] in Harmony's config.toml, then: ` +
          `runbeam harmony:reload -l ${label} && runbeam harmony:authorize -l ${label}`,
      },
    });
  }
  // Elsewhere than at /authorize no user token was sent: it is the gateway itself that is not authorized.
  if (status === 401 && !call.path.endsWith('/authorize')) {
    const hint = { command: `runbeam harmony:authorize -l ${label}` };
    return new BeamError('forbidden', `Harmony at ${call.host} refused ${call.path} (401)`, { hint });
  }
  if (status === 401) {
    return new BeamError('token_rejected', `Harmony at ${call.host} rejected the session`, {
      hint: { command: 'runbeam login' },
    });
  }
  if (status === 403) return new BeamError('forbidden', `Harmony at ${call.host} refused ${call.path}`);
  if (status === 404) {
    return new BeamError('not_found', `Harmony at ${call.host} has no ${call.path}: the path prefix may be wrong`, {
      hint: {
        text: 'To see the prefix: runbeam harmony:list. To change it, remove the instance and add it again with -x PREFIX',
      },
    });
  }
  if (status >= 400 && !isTrouble(response)) {
    return new BeamError('failed', `Harmony at ${call.host} refused ${call.path} (${status})`);
  }
  if (isTrouble(response)) {
    return new BeamError('server_error', `Harmony at ${call.host} answered ${status} to ${call.path}`, retryAfterOf(response));
  }
  return new BeamError('bad_answer', `${call.host} answered ${status} to ${call.path}, which is not Harmony's management API`, {
    hint: { command: 'runbeam harmony:list' },
  });
}

/** A label as a shell takes it, for hints. */
export function shellWord(text: string): string {
  const label = printable(text);
  return /^[\w.:@%+-]+$/.test(label) ? label : `'${label.replaceAll("'", `'\\''`)}'`;
}
