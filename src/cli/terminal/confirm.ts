import { createInterface } from 'node:readline/promises';
import { processInterrupt } from './interrupt.ts';

/** Asks yes or no on the terminal, no being the default. Undefined when there is nobody to ask. */
export async function confirm(question: string): Promise<boolean | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const { signal } = processInterrupt();
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  // While it reads, readline takes Ctrl-C for itself: pass it on.
  prompt.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    prompt.close();
  }
}
