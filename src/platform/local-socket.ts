/**
 * A connection to a socket of this machine, by what the runtime has for it. In an executable that is Bun's own: its `node:net`
 * takes eight milliseconds to load, which is twice what all the rest of Bun takes to start.
 */
import { systemCode } from '../errors.ts';
import { STANDALONE } from '../programs.ts';
import { connectByNode, refusalOf, type LocalSocket, type Refusal, type SocketListener } from './node-socket.ts';

export type { LocalSocket } from './node-socket.ts';

/**
 * Connects to the socket or pipe at a path. `silent` after `deadline` milliseconds.
 */
export function connectLocal(path: string, deadline: number): Promise<LocalSocket | Refusal> {
  // A pipe of Windows, or a path, is the same to Node; Bun's own takes a path.
  return STANDALONE === undefined || path.startsWith('\\\\') ? connectByNode(path, deadline) : connectByBun(path, deadline);
}

/** What is used of Bun's sockets. */
interface BunSocket {
  /** Returns how many bytes it took; the rest is to be given again when it says `drain`. */
  write(bytes: Uint8Array): number;
  terminate(): void;
}

declare const Bun: {
  connect(options: {
    readonly unix: string;
    readonly socket: {
      data(socket: BunSocket, chunk: Uint8Array): void;
      drain(socket: BunSocket): void;
      error(): void;
      close(): void;
    };
  }): Promise<BunSocket>;
};

/**
 * Bun lets 512 wait to be taken up, and says of a full backlog what it says of a socket that a dead process left. Whoever lives
 * has room again after a moment; so a refusal is believed when it stays.
 */
const REFUSALS = 4;
/** Between them, milliseconds. */
const PAUSE = 10;

async function connectByBun(path: string, deadline: number): Promise<LocalSocket | Refusal> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'silent'>((resolve) => (timer = setTimeout(resolve, deadline, 'silent')));
  try {
    for (let refusals = 1; ; refusals += 1) {
      const outcome = await openByBun(path, late);
      if (outcome !== 'refused') return outcome;
      if (refusals === REFUSALS) return 'nobody';
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  } finally {
    clearTimeout(timer);
  }
}

async function openByBun(path: string, late: Promise<'silent'>): Promise<LocalSocket | Refusal | 'refused'> {
  const stream = new BunStream();
  try {
    const opening = Bun.connect({ unix: path, socket: stream.events });
    const socket = await Promise.race([opening, late]);
    if (socket !== 'silent') return stream.opened(socket);
    void opening.then(
      (opened) => opened.terminate(),
      () => undefined,
    );
    return 'silent';
  } catch (error) {
    return systemCode(error) === 'ECONNREFUSED' ? 'refused' : refusalOf(error);
  }
}

class BunStream implements LocalSocket {
  ended = false;
  #socket: BunSocket | undefined;
  #listener: SocketListener | undefined;
  /** What was written and not taken yet. */
  #unsent = Buffer.alloc(0);

  readonly events = {
    data: (_socket: BunSocket, chunk: Uint8Array): void => {
      this.#listener?.data(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    },
    drain: (): void => this.#send(),
    error: (): void => this.end(),
    close: (): void => this.#close(),
  };

  opened(socket: BunSocket): this {
    this.#socket = socket;
    return this;
  }

  listen(listener: SocketListener): void {
    this.#listener = listener;
    if (this.ended) queueMicrotask(() => listener.closed());
  }

  write(text: string): void {
    this.#unsent = Buffer.concat([this.#unsent, Buffer.from(text)]);
    this.#send();
  }

  #send(): void {
    if (this.#unsent.length === 0 || this.ended) return;
    const taken = this.#socket?.write(this.#unsent) ?? 0;
    this.#unsent = this.#unsent.subarray(Math.max(0, taken));
  }

  end(): void {
    if (this.ended) return;
    this.#socket?.terminate();
    this.#close();
  }

  #close(): void {
    if (this.ended) return;
    this.ended = true;
    this.#listener?.closed();
  }
}
