/** A connection to a socket of this machine, by `node:net`, which Deno and Bun have too. */
import { systemCode } from '../errors.ts';

/** Who hears of what comes in. */
export interface SocketListener {
  /** A piece as it came, of any length. */
  data(chunk: Buffer): void;
  /** Nothing comes any more, whoever ended it. Once. */
  closed(): void;
}

/** An open connection. What goes wrong with it closes it. */
export interface LocalSocket {
  readonly ended: boolean;
  /** Nothing is heard before this; once. */
  listen(listener: SocketListener): void;
  write(text: string): void;
  /** Closes it at once, whatever is still to be sent. */
  end(): void;
}

/** One of `node:net`. */
export interface NodeSocket extends LocalSocket {
  /** Lets the process end while it is open. */
  unref(): void;
}

/** Why there is no connection. `nobody` listens there; all that may wait to be taken up do so already (`full`). */
export type Refusal = 'nobody' | 'full' | 'silent' | 'unusable';

/** What is behind an error of a connection. */
export function refusalOf(error: unknown): Refusal {
  const code = systemCode(error);
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'nobody';
  return code === 'EAGAIN' || code === 'ECONNRESET' || code === 'EPIPE' ? 'full' : 'unusable';
}

/** Connects by `node:net`. `silent` after `deadline` milliseconds. */
export function connectByNode(path: string, deadline: number): Promise<NodeSocket | Refusal> {
  return new Promise((resolve) => {
    // Loaded here: most everyday commands speak to nobody.
    const socket = process.getBuiltinModule('node:net').connect(path);
    const refuse = (refusal: Refusal): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(refusal);
    };
    const timer = setTimeout(refuse, deadline, 'silent');
    // Once it is open, what goes wrong has it closed; to resolve again does nothing.
    socket.on('error', (error) => refuse(refusalOf(error)));
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve({
        get ended() {
          return socket.destroyed;
        },
        listen: (listener) => {
          socket.on('data', (chunk) => listener.data(chunk));
          socket.once('close', () => listener.closed());
        },
        write: (text) => void socket.write(text),
        end: () => void socket.destroy(),
        unref: () => void socket.unref(),
      });
    });
  });
}
