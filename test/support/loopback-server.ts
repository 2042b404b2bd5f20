/** A small HTTP server of a test on a loopback port, which other programs ask. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';

export interface LoopbackServer {
  readonly origin: string;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  close(): Promise<void>;
}

/** `tls`: PEM texts, with which it speaks https. */
export async function startLoopbackServer(
  listener: RequestListener,
  tls?: { readonly key: string; readonly cert: string },
): Promise<LoopbackServer> {
  const server = tls === undefined ? createServer(listener) : createSecureServer(tls, listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  const host = `127.0.0.1:${address.port}`;
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://${host}`,
    host,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
