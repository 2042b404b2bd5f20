/** What the user says: standard input, an answer, a passphrase. */
import { createInterface, type Interface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { BeamError } from '../../errors.ts';
import { system } from '../../platform/system.ts';
import { Secret } from '../../secret.ts';
import type { Picking } from '../../services/context.ts';
import { processOutput } from '../output/output.ts';
import { isCi } from '../output/style.ts';
import { processInterrupt } from './interrupt.ts';

const MAX_BYTES = 65_536;

/** All of standard input as text, or what stands before an empty line. Throws `usage` if it is longer than 64 KiB. */
export async function readStdin(stream: AsyncIterable<Buffer | string> = process.stdin, until?: 'empty-line'): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BYTES)
      throw new BeamError('usage', 'Standard input is longer than 64 KiB', { hint: { text: 'Give it the secret alone' } });
    chunks.push(bytes);
    if (until === 'empty-line' && /(?:^|\n)\n/u.test(Buffer.concat(chunks).toString('latin1'))) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Asks yes or no on the terminal, no being the default. Undefined when there is nobody to ask. Throws `interrupted`.
 */
export async function confirm(question: string): Promise<boolean | undefined> {
  if (!hasTerminal()) return undefined;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await askOnce(prompt, `${wrapped(`${question} [y/N]`)} `);
  return /^y(es)?$/i.test(answer.trim());
}

/**
 * Asks on the terminal which of several is meant: its index. Undefined when there is nobody to ask. Throws `interrupted`, and
 * `usage` where nothing was chosen.
 */
export async function choose(question: string, choices: readonly string[], picking?: Picking): Promise<number | undefined> {
  // Nothing can be drawn over on a dumb one.
  if (!hasTerminal() || process.env['TERM'] === 'dumb') return undefined;
  const { pick } = await import('./picker.ts');
  return pick(question, choices, picking);
}

/** Asks for a passphrase on the terminal, without showing it. Undefined when there is nobody to ask. Throws `interrupted`. */
export async function askPassphrase(question: string): Promise<Secret | undefined> {
  if (!hasTerminal()) return undefined;
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
  process.stderr.write(`${wrapped(`${question}:`)} `);
  try {
    return new Secret(await askOnce(prompt, ''));
  } finally {
    process.stderr.write('\n');
  }
}

/** A question that is too wide goes on below, with room for an answer behind its last word. */
function wrapped(question: string): string {
  return processOutput()
    .errorStyle.fold(question + ANSWER)
    .slice(0, -ANSWER.length);
}

/** Stands for a blank and a letter. */
const ANSWER = '__';

/** In CI nobody answers, whatever its streams look like. */
function hasTerminal(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY && !isCi(process.env);
}

async function askOnce(prompt: Interface, question: string): Promise<string> {
  const { signal } = processInterrupt();
  // While it reads, readline takes Ctrl-C for itself: pass it on.
  prompt.on('SIGINT', () => system.signals.interruptSelf());
  // Ctrl-D: nobody answers any more, and the question itself would never end.
  const closed = new Promise<string>((resolve) => prompt.once('close', () => resolve('')));
  try {
    return await Promise.race([prompt.question(question, { signal }), closed]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    prompt.close();
  }
}
