/** A pipe or a file behind standard output or standard error, written to without Node's streams, which take 2 ms to load. */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { systemCode } from '../errors.ts';

/** What `createOutput` needs of a stream. `process.stdout` is one. */
export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Bytes that are not written yet. */
  readonly writableLength: number;
  write(text: string | Uint8Array, done?: () => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** Bytes that every pipe holds, and so takes without waiting for its reader. */
const AT_ONCE = 4_096;

/**
 * Where to write what may be too much for a pipe: a write that waits for a reader hears no signal, not even SIGTERM.
 * Undefined where only Node's stream can do it: a socket, or a system without this folder.
 */
function neverWaiting(descriptor: number): number | undefined {
  try {
    if (fstatSync(descriptor).isFile()) return descriptor;
    // For this process alone: others write to the same pipe, and expect it to wait.
    return openSync(`/proc/self/fd/${String(descriptor)}`, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

/**
 * Writes at once, and throws at once what is wrong. A pipe whose reader is slow takes no more at some point: then the
 * rest goes to the stream of `instead`, and everything after it.
 */
export class PlainStream implements OutputStream {
  readonly #instead: () => OutputStream;
  #descriptor: number | undefined;
  #room = AT_ONCE;
  #stream: OutputStream | undefined;
  #listener: ((error: unknown) => void) | undefined;

  constructor(descriptor: number, instead: () => OutputStream) {
    this.#descriptor = descriptor;
    this.#instead = instead;
  }

  get writableLength(): number {
    return this.#stream?.writableLength ?? 0;
  }

  on(_: 'error', listener: (error: unknown) => void): void {
    this.#listener = listener;
  }

  write(text: string | Uint8Array, done?: () => void): void {
    if (this.#stream !== undefined) {
      this.#stream.write(text, done);
      return;
    }
    const bytes = Buffer.from(text);
    const rest = bytes.subarray(this.#writeNow(bytes));
    if (rest.length > 0) this.#handOver(rest, done);
    else done?.();
  }

  /** How many bytes could be written. */
  #writeNow(bytes: Buffer): number {
    this.#room -= bytes.length;
    if (this.#room < 0 && this.#descriptor !== undefined) {
      this.#descriptor = neverWaiting(this.#descriptor);
      this.#room = Infinity;
    }
    let written = 0;
    try {
      while (this.#descriptor !== undefined && written < bytes.length) {
        written += writeSync(this.#descriptor, bytes, written);
      }
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
    }
    return written;
  }

  #handOver(rest: Uint8Array, done: (() => void) | undefined): void {
    this.#stream = this.#instead();
    if (this.#listener !== undefined) this.#stream.on('error', this.#listener);
    this.#stream.write(rest, done);
  }
}

/** Whether a descriptor is a pipe or a file, and so certainly no terminal. */
export function isPlain(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor);
    return stat.isFIFO() || stat.isFile() || stat.isSocket();
  } catch {
    return false;
  }
}
