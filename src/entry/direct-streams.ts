/**
 * Standard output and error of an executable, where they are no terminal. Bun's own streams tell the system never to wait at
 * a pipe, and that holds for everybody who has it open: in `{ beamd orgs; cat FILE; } | less` it is `cat` that fails. They also
 * take three milliseconds to load.
 */
import { fstatSync, statSync, write } from 'node:fs';
import { devNull } from 'node:os';
import { systemCode } from '../errors.ts';

/** What of a stream is used here, and by oclif. */
interface Used {
  readonly fd: number;
  readonly isTTY: boolean;
  write(text: string | Uint8Array, done?: (error?: unknown) => void): boolean;
  end(text: string): void;
  on(): void;
}

function writeOnce(fd: number, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, (error, written) => (error === null ? resolve(written) : reject(error)));
  });
}

/** How long a pipe is left alone that somebody else has made one that does not wait, milliseconds. */
const PAUSE = 5;

async function writeAll(fd: number, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    try {
      at += await writeOnce(fd, bytes.subarray(at));
    } catch (error) {
      if (systemCode(error) !== 'EAGAIN') throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

function directStream(fd: number): Used {
  let last: Promise<unknown> = Promise.resolve();
  const add: Used['write'] = (text, done = () => undefined) => {
    last = last.then(() => writeAll(fd, Buffer.from(text))).then(() => done(), done);
    return true;
  };
  return {
    fd,
    isTTY: false,
    write: add,
    end: (text) => void add(text),
    // What goes wrong is told to whoever wrote.
    on: () => undefined,
  };
}

/** What surely is none costs nothing to tell: the module that knows takes three milliseconds to load. */
function mayBeTerminal(fd: number): boolean {
  try {
    const stats = fstatSync(fd);
    return stats.isCharacterDevice() && stats.rdev !== statSync(devNull, { throwIfNoEntry: false })?.rdev;
  } catch {
    return false; // It is closed.
  }
}

/**
 * What the build has put in the place of `process.stdout` and `process.stderr` (`scripts/build.ts`): to set those themselves
 * makes Bun's own ones first.
 */
export function useDirectStreams(): void {
  for (const [fd, name] of [
    [1, 'stdout'],
    [2, 'stderr'],
  ] as const) {
    const direct = mayBeTerminal(fd) && process.getBuiltinModule('node:tty').isatty(fd) ? undefined : directStream(fd);
    Object.defineProperty(globalThis, `BEAMD_${name}`, { get: () => direct ?? (Reflect.get(process, name) as unknown) });
  }
}
