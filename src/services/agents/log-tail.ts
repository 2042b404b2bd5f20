/** Reading a log while it grows and is rotated: each line once, in order. */
import { closeSync, fstatSync, lstatSync, readSync, type Stats } from 'node:fs';
import { openRegular } from '../../store/files/atomic-file.ts';

/** The most that is read of a file that somebody else has made large, bytes: its end. */
const MOST = 16 * 1024 * 1024;

const CHUNK = 64 * 1024;

const NEWLINE = 0x0a;

interface Open {
  readonly descriptor: number;
  readonly stats: Stats;
  position: number;
  /** The beginning of a line that has no end yet. */
  rest: Buffer;
}

/** The lines of a log that is kept in two files, the older one taking the place and the content of the newer one. */
export class LogTail {
  readonly #newer: string;
  readonly #older: string;
  #open: Open | undefined;
  #begun = false;

  constructor([newer, older]: readonly [newer: string, older: string]) {
    this.#newer = newer;
    this.#older = older;
  }

  /** The lines that are complete since the last time; at first all that there are. Throws `bad_file`, `unsafe_path`. */
  read(): string[] {
    const lines: string[] = [];
    this.#open ??= openAt(this.#newer);
    if (!this.#begun) {
      this.#begun = true;
      // Looked at second: a log that is rotated this very moment is then what is open already.
      if (this.#open === undefined || wasReplaced(this.#open, this.#older)) lines.push(...wholeFile(this.#older));
    }
    while (this.#open !== undefined) {
      lines.push(...drain(this.#open));
      if (!wasReplaced(this.#open, this.#newer)) break;
      // Written between the last look and the rename.
      lines.push(...drain(this.#open), ...lastLine(this.#open));
      // It may have been rotated more than once meanwhile.
      if (wasReplaced(this.#open, this.#older)) lines.push(...wholeFile(this.#older));
      this.close();
      this.#open = openAt(this.#newer);
    }
    return lines;
  }

  close(): void {
    if (this.#open !== undefined) closeSync(this.#open.descriptor);
    this.#open = undefined;
  }
}

function openAt(path: string): Open | undefined {
  const opened = openRegular(path);
  return opened && { ...opened, position: Math.max(0, opened.stats.size - MOST), rest: Buffer.alloc(0) };
}

function wholeFile(path: string): string[] {
  const open = openAt(path);
  if (open === undefined) return [];
  try {
    return [...drain(open), ...lastLine(open)];
  } finally {
    closeSync(open.descriptor);
  }
}

/** Whether another file is at the path. One that is gone may come back at any moment as what it was: that is no other file. */
function wasReplaced({ stats }: Open, path: string): boolean {
  const now = lstatSync(path, { throwIfNoEntry: false });
  return now !== undefined && (now.ino !== stats.ino || now.dev !== stats.dev);
}

function drain(open: Open): string[] {
  // Somebody has emptied it: what it holds now is new.
  if (fstatSync(open.descriptor).size < open.position) Object.assign(open, { position: 0, rest: Buffer.alloc(0) });
  const lines: string[] = [];
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (;;) {
    const count = readSync(open.descriptor, chunk, 0, CHUNK, open.position);
    if (count === 0) return lines;
    open.position += count;
    let text = Buffer.concat([open.rest, chunk.subarray(0, count)]);
    for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE)) {
      if (end > 0) lines.push(text.toString('utf8', 0, end));
      text = text.subarray(end + 1);
    }
    // A line as long as that is none of ours.
    open.rest = text.length > CHUNK ? Buffer.alloc(0) : Buffer.from(text);
  }
}

/** What stands at the end of a file without a newline, once nobody writes to it any more. */
function lastLine(open: Open): string[] {
  const { rest } = open;
  open.rest = Buffer.alloc(0);
  return rest.length === 0 ? [] : [rest.toString('utf8')];
}
