/** The executable: every program in one file. A hidden first word makes it one of the background; its name, one of the bins. */
import { basename } from 'node:path';
import { hiddenProgram } from '../programs.ts';
import { useDirectStreams } from './direct-streams.ts';

// As the bins and the background programs have it; none of them may be ended by this signal before it says so itself.
process.on('SIGUSR1', () => undefined);
useDirectStreams();

async function main(): Promise<void> {
  const { argv, argv0 } = process;
  const program = hiddenProgram(argv[2]);
  if (program === undefined) {
    const { runBin } = await import('./cli.ts');
    return runBin(/^runbeam(?:\.exe)?$/i.test(basename(argv0)) ? 'runbeam' : 'beamd', argv.slice(2));
  }
  // They find their own arguments where they are under Node.
  argv.splice(2, 1);
  if (program === 'agent') await import('./agent.ts');
  else if (program === 'worker') await import('./worker.ts');
  else await import('./keyring.ts');
}

void main();
