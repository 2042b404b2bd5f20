/** Lines out of a stream of bytes. */

/** Newline-delimited frames of at most `max` bytes, from chunks that may end anywhere. */
export interface FrameReader {
  /** Calls `onFrame` for each whole line; false once a line is longer than the cap: the stream is to be ended. */
  push(chunk: Buffer): boolean;
  /** Whether a line has begun and not ended. */
  readonly partial: boolean;
}

/** The byte that ends a frame. */
export const NEWLINE = 0x0a;

/** Keeps the pieces of an unfinished line in a list: a line that drips in costs no copying until it is whole. */
export function readFrames(max: number, onFrame: (line: string) => void): FrameReader {
  let pieces: Buffer[] = [];
  let size = 0;

  const take = (end: Buffer): string => {
    const line = pieces.length === 0 ? end : Buffer.concat([...pieces, end]);
    pieces = [];
    size = 0;
    return line.toString('utf8');
  };

  return {
    get partial() {
      return size > 0;
    },
    push(chunk) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        if (size + end - start > max) return false;
        const line = take(chunk.subarray(start, end));
        start = end + 1;
        if (line.length > 0) onFrame(line);
      }
      const rest = chunk.subarray(start);
      if (size + rest.length > max) return false;
      if (rest.length > 0) {
        // A copy: the rest would otherwise keep the whole received chunk alive.
        pieces.push(Buffer.from(rest));
        size += rest.length;
      }
      return true;
    },
  };
}
