import { createOutput, type Output } from './output.ts';
import { PlainStream, isPlain, type OutputStream } from './plain-stream.ts';

let output: Output | undefined;

/** The output of this process. One object, so that the streams are listened to once. */
export function processOutput(): Output {
  output ??= createOutput({ stdout: streamOf(1, 'stdout'), stderr: streamOf(2, 'stderr') }, process.env);
  return output;
}

function streamOf(descriptor: number, name: 'stdout' | 'stderr'): OutputStream {
  return isPlain(descriptor) ? new PlainStream(descriptor, () => process[name]) : process[name];
}
