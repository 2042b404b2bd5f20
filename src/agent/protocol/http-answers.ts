/** How a call's result or its error is told over HTTP. The shapes are part of the contract: docs/protocol.md. */
import type { ServerResponse } from 'node:http';
import { rfc3339 } from '../../clock.ts';
import type { BeamError, ErrorCode } from '../../errors.ts';
import { isFields } from '../../loose-json.ts';

/** Where it is not 500. 401: only its user can bring the session back; 503: the same call may go well later. */
const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  usage: 400,
  login_required: 401,
  session_ended: 401,
  token_rejected: 401,
  forbidden: 403,
  unknown_scope: 403,
  not_found: 404,
  locked: 423,
  bad_answer: 502,
  network: 503,
  timeout: 503,
  server_error: 503,
  busy: 503,
  agent_unavailable: 503,
  agent_outdated: 503,
};

function statusOf({ code }: Pick<BeamError, 'code'>): number {
  return STATUSES[code] ?? 500;
}

/** A result as it crosses the wire, for HTTP: times are RFC 3339, as everywhere else where JSON is printed. */
export function bodyOf(result: unknown): unknown {
  if (!isFields(result)) return result;
  return Object.fromEntries(
    Object.entries(result).map(([name, value]) => [
      name,
      name.endsWith('_at') && typeof value === 'number' ? rfc3339(value) : value,
    ]),
  );
}

/** Answers with one JSON value that nobody may keep. */
export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, headersFor(body.length));
  response.end(body);
}

/** Answers with an error. A status of the caller's own is for what `STATUSES` does not know. */
export function answerError(response: ServerResponse, error: BeamError, status = statusOf(error)): void {
  if (error.retryAfter !== undefined) response.setHeader('retry-after', error.retryAfter);
  // A 401 has to name a way to authenticate; one that no client knows, so that none asks anybody for a password.
  if (status === 401) response.setHeader('www-authenticate', 'beamd-login');
  if (status === 405) response.setHeader('allow', 'GET');
  answerJson(response, status, { error });
}

/** The whole answer to what is no HTTP that we read: there is no response to write it with. */
export function rawError(status: number, reason: string, error: BeamError): string {
  const body = `${JSON.stringify({ error })}\n`;
  const headers = { ...headersFor(Buffer.byteLength(body)), connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return `HTTP/1.1 ${String(status)} ${reason}\r\n${lines.join('')}\r\n${body}`;
}

function headersFor(length: number) {
  return {
    'content-type': 'application/json',
    'content-length': length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
}
