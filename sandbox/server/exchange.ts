/** One request and its answer, as the handlers of the sandbox servers see them. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';

export interface Exchange {
  readonly method: string;
  /** Built on the host that the client asked, so that `localhost` and `127.0.0.1` can play two hosts. */
  readonly url: URL;
  /** What the `:name` segments of the route matched. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The token after `Authorization: Bearer`. */
  readonly bearer: string | undefined;
  readonly raw: { readonly request: IncomingMessage; readonly response: ServerResponse };
}

export interface Answer {
  /** Default 200. */
  readonly status?: number;
  readonly json?: unknown;
  readonly html?: string;
  /** Sent as 303 unless `status` says otherwise. */
  readonly redirect?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (exchange: Exchange) => Answer | Promise<Answer>;

const MAX_BODY = 1024 * 1024;

/** The whole body, at most 1 MiB. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    size += bytes.length;
    if (size > MAX_BODY) throw new Error('request body over 1 MiB');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

/** The fields of a JSON object body; empty when it is none. */
export function jsonFields(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The fields of a form body, or of a JSON one when the content type says so. */
export function textFields(exchange: Exchange): Readonly<Record<string, string>> {
  const type = exchange.headers['content-type'] ?? '';
  if (!type.startsWith('application/json')) return Object.fromEntries(new URLSearchParams(exchange.body));
  return Object.fromEntries(
    Object.entries(jsonFields(exchange.body)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

export function send(response: ServerResponse, answer: Answer): void {
  const [type, text] = content(answer);
  response.statusCode = answer.status ?? (answer.redirect === undefined ? 200 : 303);
  if (type !== undefined) response.setHeader('content-type', type);
  if (answer.redirect !== undefined) response.setHeader('location', answer.redirect);
  response.setHeader('cache-control', 'no-store');
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.end(text);
}

function content(answer: Answer): [string | undefined, string] {
  if (answer.html !== undefined) return ['text/html; charset=utf-8', answer.html];
  if (answer.json !== undefined) return ['application/json', JSON.stringify(answer.json)];
  return [undefined, ''];
}
