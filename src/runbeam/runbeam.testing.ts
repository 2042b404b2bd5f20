/** For tests: a small real HTTP server that records what it is asked. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttp } from '../net/http-client.ts';

export interface Asked {
  /** `POST /admin/token` */
  readonly call: string;
  readonly bearer?: string;
  readonly json?: unknown;
}

/** A status with a JSON body (or a text as it is). */
export type Answer = readonly [status: number, body: unknown];

/** Answers by `METHOD /path`; what is not listed is 404. */
export type Answers = Record<string, Answer | ((asked: Asked) => Answer)>;

export interface TestServer {
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  readonly asked: Asked[];
  close(): Promise<void>;
}

export const http = createHttp({ env: {} });

/** Starts a server on 127.0.0.1 (or another loopback address) and any free port. */
export async function startTestServer(answers: Answers, address = '127.0.0.1'): Promise<TestServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { authorization } = request.headers;
      const call: Asked = {
        call: `${request.method ?? ''} ${request.url ?? ''}`,
        ...(authorization === undefined ? {} : { bearer: authorization.replace('Bearer ', '') }),
        ...(text === '' ? {} : { json: JSON.parse(text) as unknown }),
      };
      asked.push(call);
      const answer = answers[call.call] ?? [404, { message: 'no route' }];
      const [status, body] = typeof answer === 'function' ? answer(call) : answer;
      response.writeHead(status, { 'content-type': 'application/json', 'location': 'https://elsewhere.example' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  const host = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  return {
    origin: `http://${host}`,
    host,
    port,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
