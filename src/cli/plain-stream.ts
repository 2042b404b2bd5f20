/** A pipe or a file behind standard output or standard error, written to without Node's streams, which take 2 ms to load. */
import { fstatSync, writeSync } from 'node:fs';
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

/**
 * Writes at once, and throws at once what is wrong. A pipe whose reader is slow takes no more at some point: then the
 * rest goes to the stream of `instead`, and everything after it.
 */
export class PlainStream implements OutputStream {
  readonly #descriptor: number;
  readonly #instead: () => OutputStream;
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
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#descriptor, bytes, written);
      done?.();
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
      this.#handOver(bytes.subarray(written), done);
    }
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
