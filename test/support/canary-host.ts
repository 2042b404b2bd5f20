/** A host that nothing may ever talk to: it counts who connects and keeps every byte that arrives. */
import { createServer, type Server, type Socket } from 'node:net';

export interface CanaryHost {
  /** Another host name than the servers under test have, on the same machine. */
  readonly origin: string;
  readonly port: number;
  connections(): number;
  /** Everything that was sent here. */
  received(): string;
  close(): Promise<void>;
}

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}';

/** Answers like a web server, so that whoever comes would go on. */
export async function startCanaryHost(): Promise<CanaryHost> {
  const open = new Set<Socket>();
  let connections = 0;
  let received = '';
  const server = createServer((socket) => {
    connections += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      socket.end(ANSWER);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  return {
    origin: `http://localhost:${port}`,
    port,
    connections: () => connections,
    received: () => received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
