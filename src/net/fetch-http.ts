/** HTTP by a `fetch` that was passed in, with the rules of our own client: no redirect, a deadline, a cap, our errors. */
import type { BeamError } from '../errors.ts';
import type { Http, HttpRequest, HttpResponse } from '../http.ts';
import { checkedUrl, DEADLINE, interrupted, MAX_BYTES, networkError, sentBy, tooLarge, tooLate, unsendable } from './request.ts';

/** The `fetch` of a runtime, or what takes its place. */
export type Fetch = typeof globalThis.fetch;

/** Throws as `Http` says. Proxies and CAs are what this `fetch` has. */
export function httpOverFetch(fetch: Fetch): Http {
  return async (request) => {
    const { host } = checkedUrl(request.url);
    const { signal, deadline = DEADLINE } = request;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), deadline);
    const problem = (error: unknown): BeamError => {
      if (signal?.aborted === true) return interrupted(host);
      if (late.signal.aborted) return tooLate(host, deadline);
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      return networkError(cause, { host });
    };
    try {
      const stop = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
      const answer = await answerOf(fetch, request, host, stop).catch((error: unknown) => Promise.reject(problem(error)));
      const text = await textOf(answer, problem, host, request.maxBytes ?? MAX_BYTES);
      return { status: statusOf(answer), headers: Object.fromEntries(answer.headers), text } satisfies HttpResponse;
    } finally {
      clearTimeout(timer);
      late.abort();
    }
  };
}

function answerOf(fetch: Fetch, request: HttpRequest, host: string, signal: AbortSignal): Promise<Response> {
  const { headers, body } = sentBy(request);
  let checked: Headers;
  try {
    checked = new Headers(headers);
  } catch (error) {
    throw unsendable(host, error);
  }
  const method = request.method ?? 'GET';
  return fetch(request.url, { method, headers: checked, redirect: 'manual', signal, ...(body === undefined ? {} : { body }) });
}

/** A `fetch` of a browser hides what a redirect it did not follow was. */
function statusOf({ type, status }: Response): number {
  return type === 'opaqueredirect' ? 302 : status;
}

async function textOf(answer: Response, problem: (error: unknown) => BeamError, host: string, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  const reader: ReadableStreamDefaultReader<Uint8Array> | undefined = answer.body?.getReader();
  let text = '';
  for (let size = 0; reader !== undefined;) {
    const { done, value } = await reader.read().catch((error: unknown) => Promise.reject(problem(error)));
    if (done) break;
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel().catch(() => undefined);
      throw tooLarge(host, maxBytes);
    }
    text += decoder.decode(value, { stream: true });
  }
  return text + decoder.decode();
}
