import { createOutput, type Output } from './output.ts';

let output: Output | undefined;

/** The output of this process. One object, so that the streams are listened to once. */
export function processOutput(): Output {
  output ??= createOutput(process, process.env);
  return output;
}
