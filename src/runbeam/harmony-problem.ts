/** What a gateway's refusal means. */
import { BeamError, systemCode, type Hint } from '../errors.ts';
import { isLoopback, type HttpResponse } from '../http.ts';
import { memberOf } from '../loose-json.ts';
import { isUntrusted, speaksNoTls } from '../net/request.ts';
import { isTrouble, jsonOf, retryAfterOf } from '../net/answers.ts';
import { shellWord } from '../text.ts';
import { plainHttp } from './harmony-address.ts';

export interface HarmonyCall {
  readonly host: string;
  readonly path: string;
  readonly label: string;
}

/** Whether an answer is a web page: something else than a management API. */
export function isPage({ headers, text }: HttpResponse): boolean {
  return /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*</.test(text);
}

/** Whether a success is none: `{success: false}`, under whatever status. */
export function saysNo(response: HttpResponse): boolean {
  return memberOf(jsonOf(response), 'success') === false;
}

/** Whether the gateway has its Runbeam integration switched off (docs/contracts.md 4: the two wordings of its 403). */
function isDisabled(response: HttpResponse): boolean {
  return response.status === 403 && /runbeam\.enabled|integration is disabled/i.test(response.text);
}

/** Its own words may hold anything, and are not repeated. */
const LOG: Hint = { text: 'The log of the gateway has the reason' };

/** The error for an answer of a gateway other than 2xx. Its text is looked at, but never repeated. */
export function harmonyProblem(response: HttpResponse, call: HarmonyCall): BeamError {
  const { status } = response;
  const label = shellWord(call.label);
  if (isDisabled(response)) {
    return new BeamError('forbidden', `The Runbeam integration of Harmony at ${call.host} is disabled`, {
      hint: {
        text:
          `Set enabled = true under [runbeam] in Harmony's config.toml, then restart it or run ` +
          `runbeam harmony:reload -l ${label}, and: ${authorizeAgain(call.path, label)}`,
      },
    });
  }
  // Elsewhere than at /authorize no user token was sent: it is the gateway itself that is not authorized.
  if (status === 401 && !call.path.endsWith('/authorize')) {
    const hint = { command: `runbeam harmony:authorize -l ${label}` };
    const why = call.path.endsWith('/update') ? ': it has no machine token that Runbeam Cloud takes' : '';
    return new BeamError('forbidden', `Harmony at ${call.host} refused ${call.path} (401)${why}`, { hint });
  }
  if (status === 401) {
    return new BeamError('token_rejected', `Harmony at ${call.host} rejected the session`, {
      hint: { command: 'runbeam login' },
    });
  }
  if (status < 300 && saysNo(response)) {
    return new BeamError('failed', `Harmony at ${call.host} says that it did not do ${call.path}`, { hint: LOG });
  }
  if (status === 403) return new BeamError('forbidden', `Harmony at ${call.host} refused ${call.path}`, { hint: LOG });
  if (status === 404) return absent(call);
  if (status >= 400 && !isTrouble(response)) {
    return new BeamError('failed', `Harmony at ${call.host} refused ${call.path} (${status})`, { hint: LOG });
  }
  if (isTrouble(response)) {
    return new BeamError('server_error', `Harmony at ${call.host} answered ${status} to ${call.path}`, {
      status,
      ...retryAfterOf(response),
    });
  }
  return new BeamError('bad_answer', `${call.host} answered ${status} to ${call.path}, which is not Harmony's management API`, {
    hint: { command: 'runbeam harmony:list' },
  });
}

/** How it is tried again: a token that was refused is kept, and delivered without another one being issued. */
function authorizeAgain(path: string, label: string): string {
  const command = `runbeam harmony:authorize -l ${label}`;
  if (path.endsWith('/token')) return `${command} --retry`;
  return path.endsWith('/authorize') ? `${command} --via harmony` : command;
}

/** 404, for what may be behind it: a version that has not got it, or a wrong prefix. */
function absent({ host, path, label }: HarmonyCall): BeamError {
  if (path === '/api/reload') {
    return new BeamError('not_found', `Harmony at ${host} has no ${path}`, {
      hint: { text: 'Since 0.5 a gateway watches its files and reloads by itself; an older one is restarted' },
    });
  }
  if (path.endsWith('/update') || path.endsWith('/token')) {
    return new BeamError('not_found', `Harmony at ${host} has no ${path}: an older one has none, or the path prefix is wrong`, {
      hint: { command: `runbeam harmony:info -l ${shellWord(label)}` },
    });
  }
  return new BeamError('not_found', `Harmony at ${host} has no ${path}: the path prefix may be wrong`, {
    hint: {
      text: `To see the prefix: runbeam harmony:list. To change it: runbeam harmony:edit -l ${shellWord(label)} -x PREFIX`,
    },
  });
}

/**
 * The error for a gateway that a call did not reach. Where it was asked with TLS and has none, that is refused and not tried
 * again in plain text: whoever is in between could make it look so.
 */
export function unreached(error: BeamError, { protocol, host, hostname }: URL, { label }: { readonly label: string }): BeamError {
  if (error.code !== 'network' && error.code !== 'timeout') return error;
  const code = systemCode(error.cause) ?? '';
  const edit = `runbeam harmony:edit -l ${shellWord(label)}`;
  if (protocol === 'https:' && speaksNoTls(code)) {
    if (!isLoopback(hostname)) return plainHttp(host, label);
    return new BeamError('network', error.message, { hint: { command: `${edit} --no-tls` }, cause: error });
  }
  const running = 'Is Harmony running there';
  const hint = isUntrusted(code)
    ? { command: `${edit} --ca-file FILE` }
    : {
        text: `${running}${protocol === 'https:' ? ', with TLS in front of its management API' : ''}? Addresses: runbeam harmony:list`,
      };
  return new BeamError(error.code, error.message, { hint, cause: error });
}
