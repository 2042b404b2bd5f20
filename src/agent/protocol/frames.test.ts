import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFrames } from './frames.ts';
import { MAX_FRAME } from './wire.ts';

describe('frames', () => {
  it('are the same lines however the stream is cut', () => {
    const lines = fc.array(fc.string({ minLength: 1, unit: 'grapheme' }).filter((line) => !line.includes('\n')));
    fc.assert(
      fc.property(lines, fc.array(fc.nat(20)), (sent, cuts) => {
        const received: string[] = [];
        const frames = readFrames(MAX_FRAME, (line) => received.push(line));
        const stream = Buffer.from(sent.map((line) => `${line}\n`).join(''));
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          expect(frames.push(stream.subarray(at, at + cut))).toBe(true);
          at += cut;
        }
        expect(received).toEqual(sent);
        expect(frames.partial).toBe(false);
      }),
    );
  });

  it('longer than the cap are refused, whole or in pieces', () => {
    const frames = (): ReturnType<typeof readFrames> => readFrames(4, () => undefined);
    expect(frames().push(Buffer.from('1234\n'))).toBe(true);
    expect(frames().push(Buffer.from('12345\n'))).toBe(false);
    const dripped = frames();
    expect(['1', '2', '3', '4', '5'].map((byte) => dripped.push(Buffer.from(byte)))).toEqual([true, true, true, true, false]);
  });
});
