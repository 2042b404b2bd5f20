/** For tests: the network as tables of answers, where a request that nobody expected fails the test. Never bundled. */
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { omitUndefined } from '../omit-undefined.ts';

/** A request as a server sees it. */
export interface Asked {
  /** `POST /token` */
  readonly call: string;
  readonly bearer?: string;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
}

/** A status with a JSON body, or a text as it is; `reset` breaks the connection. */
export type Answer = readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>] | 'reset';

/** Answers by `METHOD /path`. The table may be changed while it is served. */
export type Answers = Record<string, Answer | ((asked: Asked) => Answer | Promise<Answer>)>;

export interface MockedServer {
  readonly origin: string;
  readonly host: string;
  readonly asked: Asked[];
}

export interface MockedNetwork {
  /** Puts a server there for the rest of the test; the last one of an origin counts. */
  serve(origin: string, answers: Answers): MockedServer;
  /** The requests that nobody expected, so far; they are then taken as seen, and do not fail the test. */
  takeUnexpected(): string[];
}

/**
 * Takes the place of the network in this test file (msw). What no table lists is an error to whoever asks and fails the
 * test in the end, so that a typo here is never read as a server that has no such call.
 */
export function mockNetwork(): MockedNetwork {
  const server = setupServer();
  const unexpected: string[] = [];
  const takeUnexpected = (): string[] => unexpected.splice(0);
  server.events.on('request:unhandled', ({ request }) => void unexpected.push(`${request.method} ${request.url}`));
  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
  afterEach(() => {
    server.resetHandlers();
    expect(takeUnexpected()).toEqual([]);
  });
  afterAll(() => server.close());
  return {
    serve: (origin, answers) => {
      const asked: Asked[] = [];
      const listed = ({ request }: { readonly request: Request }): boolean =>
        new URL(request.url).origin === origin && answers[callOf(request)] !== undefined;
      const respond = async ({ request }: { readonly request: Request }): Promise<HttpResponse<string>> => {
        const one = await askedBy(request);
        asked.push(one);
        const found = answers[one.call] ?? 'reset';
        return responseOf(typeof found === 'function' ? await found(one) : found);
      };
      server.use(http.all(listed, respond));
      return { origin, host: new URL(origin).host, asked };
    },
    takeUnexpected,
  };
}

function callOf(request: Request): string {
  const { pathname, search } = new URL(request.url);
  return `${request.method} ${pathname}${search}`;
}

async function askedBy(request: Request): Promise<Asked> {
  const text = await request.text();
  const type = request.headers.get('content-type') ?? '';
  return omitUndefined({
    call: callOf(request),
    bearer: request.headers.get('authorization')?.replace(/^Bearer /, ''),
    json: text !== '' && type.includes('json') ? (JSON.parse(text) as unknown) : undefined,
    form: type.includes('form') ? Object.fromEntries(new URLSearchParams(text)) : undefined,
  });
}

function responseOf(answer: Answer): HttpResponse<string> {
  if (answer === 'reset') return HttpResponse.error() as HttpResponse<string>;
  const [status, body, headers] = answer;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new HttpResponse(text, { status, headers: { 'content-type': 'application/json', ...headers } });
}
