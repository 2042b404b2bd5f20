/** For tests: small real servers on loopback. Never bundled. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net';

export interface Asked {
  /** `POST /token` */
  readonly call: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A status and a JSON body, or a text as it is; or a function that answers by itself. */
export type Answer = readonly [status: number, body: unknown, headers?: Readonly<Record<string, string>>];
export type Answers = Readonly<Record<string, Answer | ((asked: Asked, response: ServerResponse) => Answer | undefined)>>;

export interface TestServer {
  readonly origin: string;
  readonly host: string;
  readonly port: number;
  readonly asked: Asked[];
  readonly close: () => Promise<void>;
}

/** Answers by `METHOD /path`; what is not listed is 404. */
export async function startTestServer(answers: Answers | ((origin: string) => Answers)): Promise<TestServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const call = { call: `${request.method ?? ''} ${request.url ?? ''}`, headers: request.headers, body };
      asked.push(call);
      const table = typeof answers === 'function' ? answers(`http://${request.headers.host ?? ''}`) : answers;
      const found = table[call.call] ?? [404, { error: 'not_found' }];
      const answer = typeof found === 'function' ? found(call, response) : found;
      if (answer === undefined) return;
      const [status, value, headers] = answer;
      // What time it is, is the test's own affair.
      response.sendDate = false;
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(typeof value === 'string' ? value : JSON.stringify(value));
    });
  });
  const { host, port, close } = await listening(server, () => server.closeAllConnections());
  return { origin: `http://${host}`, host, port, asked, close };
}

export interface RawServer {
  readonly host: string;
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** A TCP server that does what `serve` does with each connection. */
export async function startRawServer(serve: (socket: Socket) => void): Promise<RawServer> {
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    serve(socket);
  });
  return listening(server, () => {
    for (const socket of open) socket.destroy();
  });
}

async function listening(server: TcpServer, drop: () => void): Promise<RawServer> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { port } = address;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      drop();
    });
  return { host: `127.0.0.1:${port}`, port, close };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
