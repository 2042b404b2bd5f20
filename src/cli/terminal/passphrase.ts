import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Secret } from '../../secret.ts';
import { processInterrupt } from './interrupt.ts';

/** Asks for a passphrase on the terminal, without showing it. Undefined when there is nobody to ask. */
export async function askPassphrase(question: string): Promise<Secret | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const { signal } = processInterrupt();
  const silent = new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true, historySize: 0 });
  // While it reads, readline takes Ctrl-C for itself: pass it on.
  prompt.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  process.stderr.write(`${question}: `);
  try {
    return new Secret(await prompt.question('', { signal }));
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
