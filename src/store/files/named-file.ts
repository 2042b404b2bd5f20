/** Files that a user names: whatever can be read counts, a pipe, a terminal and standard input too. */
import { closeSync, createReadStream, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { addAbortSignal, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { BeamError, systemCode } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { STANDALONE } from '../../programs.ts';
import { longStep } from '../../steps.ts';
import { printable, shellWord } from '../../text.ts';
import { readAtMost, SMALL, tooLarge } from './atomic-file.ts';
import { fileError } from './file-errors.ts';

/** Of a file that is read: what ends the wait for it, and how many bytes there may be (else 64 KiB). */
interface Reading {
  readonly signal?: AbortSignal | undefined;
  readonly maxBytes: number;
}

/**
 * All of a file as text, or undefined if there is none. It may be a named pipe, `/dev/stdin` or `<(...)` of a shell, and then
 * it takes as long as the other end does; an aborted `signal` ends that with its reason. Throws `bad_file` (unreadable, a
 * folder, or over `maxBytes`, else 64 KiB).
 */
export async function readNamedFile(path: string, signal?: AbortSignal, maxBytes = SMALL): Promise<string | undefined> {
  return longStep(`read ${path}`, () => readIfThere(path, { signal, maxBytes }), {
    done: (text) => (text === undefined ? 'not there' : ''),
  });
}

/** As `readNamedFile`, of a file that was given to be read: throws `not_found` where there is none. */
export async function readGivenFile(path: string, signal?: AbortSignal, maxBytes = SMALL): Promise<string> {
  const text = await readNamedFile(path, signal, maxBytes);
  if (text !== undefined) return text;
  throw new BeamError('not_found', `There is no file ${printable(path, 1_000)}`, {
    hint: { command: `ls -ld ${shellWord(dirname(path))}` },
  });
}

async function readIfThere(path: string, reading: Reading): Promise<string | undefined> {
  try {
    if (isPipeForBun(path)) {
      // A thread that waits to open it cannot be ended, and the stream waits for that.
      return (await Promise.race([readStream(createReadStream(path), path, reading), aborted(reading.signal)])).toString('utf8');
    }
    const fd = open(path);
    return fd === undefined ? undefined : (await readDescriptor(fd, path, reading)).toString('utf8');
  } catch (error) {
    throw reading.signal?.aborted === true ? reading.signal.reason : fileError(error, 'read', path);
  }
}

/**
 * Whether this is a named pipe, and Bun's to read: it cannot be told when something has happened to one, and one that nobody
 * writes into yet looks as one that is at its end. So it waits for both on a thread of its own.
 */
function isPipeForBun(path: string): boolean {
  if (STANDALONE === undefined || system.files.descriptorAt(path) !== undefined) return false;
  return statSync(path, { throwIfNoEntry: false })?.isFIFO() === true;
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true }));
}

function open(path: string): number | undefined {
  try {
    // Without waiting for who writes into a named pipe: that is waited for where Ctrl-C is heard.
    return openSync(path, system.files.withoutWaiting);
  } catch (error) {
    const code = systemCode(error);
    // A socket has no file that can be opened, and without /proc nothing has; but it is open already.
    const number = system.files.descriptorAt(path);
    if (number !== undefined && isOpen(number)) return number;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

/** Reads to the end and closes. */
async function readDescriptor(fd: number, path: string, reading: Reading): Promise<Buffer> {
  const stats = fstatSync(fd);
  if (stats.isDirectory()) {
    closeSync(fd);
    throw new BeamError('bad_file', `${path} is a folder`, { hint: { text: 'Give a file' } });
  }
  const { isatty } = process.getBuiltinModule('node:tty');
  if (stats.isFIFO() || stats.isSocket() || isatty(fd)) return readStream(streamOf(fd, stats), path, reading);
  try {
    return readAtMost(fd, path, stats.size, reading.maxBytes);
  } finally {
    closeSync(fd);
  }
}

/** A stream that leaves the loop free meanwhile, so that Ctrl-C is heard. */
function streamOf(fd: number, stats: Stats): Readable {
  if (STANDALONE !== undefined) return stats.isSocket() ? createReadStream('', { fd }) : Readable.from(polled(fd));
  if (stats.isFIFO() || stats.isSocket()) {
    const { Socket } = process.getBuiltinModule('node:net');
    return new Socket({ fd, readable: true, writable: false });
  }
  const { ReadStream } = process.getBuiltinModule('node:tty');
  return new ReadStream(fd);
}

/** How long a pipe or a terminal is left alone that has nothing yet, milliseconds. */
const PAUSE = 10;

/** Bun's sockets take no descriptor, and end the program instead: what has nothing yet is asked again after a pause. */
async function* polled(fd: number): AsyncGenerator<Buffer> {
  try {
    for (;;) {
      const piece = Buffer.alloc(SMALL);
      const size = readNow(fd, piece);
      if (size === 0) return;
      if (size > 0) yield piece.subarray(0, size);
      else await sleep(PAUSE);
    }
  } finally {
    closeSync(fd);
  }
}

/** How many bytes there were; -1: none yet. */
function readNow(fd: number, piece: Buffer): number {
  try {
    return readSync(fd, piece);
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return -1;
    throw error;
  }
}

async function readStream(stream: Readable, path: string, { signal, maxBytes }: Reading): Promise<Buffer> {
  if (signal !== undefined) addAbortSignal(signal, stream);
  const pieces: Buffer[] = [];
  let size = 0;
  // Leaving the loop closes the stream, and with it the descriptor.
  for await (const piece of stream) {
    if (!Buffer.isBuffer(piece)) continue;
    size += piece.length;
    if (size > maxBytes) throw tooLarge(path, maxBytes);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
