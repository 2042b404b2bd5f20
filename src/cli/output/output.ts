/** The two streams: results on stdout, everything else on stderr. */
import type { Env } from '../../environment.ts';
import { BeamError, systemCode } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { USUAL, type Telling } from '../routing/argv.ts';
import { createStyle, wantsColour, type Style } from './style.ts';

export interface Output {
  /** Styles for what goes to stdout, and for what goes to stderr: one may be a terminal and the other a pipe. */
  readonly style: Style;
  readonly errorStyle: Style;
  /** Whether stderr is a terminal somebody watches. */
  readonly interactive: boolean;
  /** Whether whoever read standard output has gone: nothing that is written gets anywhere any more. */
  readonly unread: boolean;
  /** Writes a result and a newline. */
  readonly result: (text: string) => void;
  /** Writes one line to stderr. */
  readonly note: (line: string) => void;
  /** Something moves on the last line of the terminal: `clear` is called before anything is written. Undefined: no longer. */
  readonly under: (clear: (() => void) | undefined) => void;
  /**
   * Waits until both streams took everything. A reader that went away (EPIPE) is not an error; a full disk under
   * stdout is: throws `storage_full` or `storage`.
   */
  flush(): Promise<void>;
}

/** What is needed of a stream. `process.stdout` is one. */
interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string | Uint8Array, done: (error?: unknown) => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

interface Streams {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Each stream is opened when it is first needed: Node takes a millisecond or two for one, and most results need no stderr. */
export function createOutput(streams: Streams, env: Env): Output {
  let [stdout, stderr]: Guarded[] = [];
  const out = (): Guarded => (stdout ??= guard(streams.stdout));
  const err = (): Guarded => (stderr ??= guard(streams.stderr));
  let clear: (() => void) | undefined;
  const styleOf = (stream: OutputStream): Style => {
    const colour = told.colour && wantsColour(env, stream.isTTY === true);
    return createStyle(colour, system.desktop.showsUnicode(env), columnsOf(stream));
  };
  return {
    get style() {
      return styleOf(streams.stdout);
    },
    get errorStyle() {
      return styleOf(streams.stderr);
    },
    get interactive() {
      // A terminal that says it has no columns makes ora clear lines for ever.
      return streams.stderr.isTTY === true && streams.stderr.columns !== 0 && env['TERM'] !== 'dumb';
    },
    get unread() {
      return stdout?.gone === true;
    },
    result: (text) => {
      clear?.();
      out().write(`${text}\n`);
    },
    note: (line) => {
      clear?.();
      err().write(`${styleOf(streams.stderr).fold(line)}\n`);
    },
    under: (next) => {
      clear = next;
    },
    async flush() {
      await stdout?.flush();
      await stderr?.flush();
      // A file reports a failed write one turn later.
      await new Promise((resolve) => setImmediate(resolve));
      if (stdout?.failure !== undefined) throw outputError(stdout.failure);
    },
  };
}

/** A terminal that does not say how wide it is, is as wide as it likes. */
function columnsOf({ isTTY, columns = 0 }: OutputStream): number {
  return isTTY === true && columns > 0 ? columns : Infinity;
}

interface Guarded {
  failure: unknown;
  /** Whoever read it went away. */
  gone: boolean;
  write(text: string | Uint8Array): void;
  flush(): Promise<void>;
}

/** What is not written yet is counted by its callbacks. */
function guard(stream: OutputStream): Guarded {
  let waiting = 0;
  let onIdle: (() => void) | undefined;
  const took = (error?: unknown): void => {
    waiting -= 1;
    if (error !== undefined && error !== null) failed(error);
    if (waiting === 0) onIdle?.();
  };
  const guarded: Guarded = {
    failure: undefined,
    gone: false,
    write(text) {
      if (guarded.gone || guarded.failure !== undefined) return;
      waiting += 1;
      try {
        stream.write(text, took);
      } catch (error) {
        // A file is written at once, and says so at once.
        took(error);
      }
    },
    flush: () =>
      new Promise((resolve) => {
        if (guarded.gone || guarded.failure !== undefined || waiting === 0) resolve();
        else onIdle = resolve;
      }),
  };
  const failed = (error: unknown): void => {
    if (systemCode(error) === 'EPIPE') guarded.gone = true;
    else guarded.failure = error;
  };
  stream.on('error', failed);
  return guarded;
}

function outputError(cause: unknown): BeamError {
  const full = systemCode(cause) === 'ENOSPC' || systemCode(cause) === 'EDQUOT';
  return full
    ? new BeamError('storage_full', 'The disk is full: the result could not be written to standard output', { cause })
    : new BeamError('storage', 'The result could not be written to standard output', { cause });
}

/** What the command line asks to be told; as usual until it is read. */
let told: Telling = USUAL;

/** Sets how much this process tells. */
export function setTelling(telling: Telling): void {
  told = telling;
}

export function telling(): Telling {
  return told;
}

/** Named in full: the build of an executable puts others in their place. */
const processStreams: Streams = {
  get stdout() {
    return process.stdout;
  },
  get stderr() {
    return process.stderr;
  },
};

let output: Output | undefined;

/** The output of this process. One object, so that the streams are listened to once. */
export function processOutput(): Output {
  output ??= createOutput(processStreams, process.env);
  return output;
}
