/** The executable: every program in one file. A hidden first word makes it one of the background; its name, one of the bins. */
import { basename } from 'node:path';
import type { Bin } from '../cli/routing/manifest.ts';
import { hiddenProgram } from '../programs.ts';
import { useDirectStreams } from './direct-streams.ts';

// As the bins and the background programs have it; none of them may be ended by this signal before it says so itself.
process.on('SIGUSR1', () => undefined);
useDirectStreams();

/** What it is by the name it is called by: a bin, and words that stand before those that were typed. As `bin` in package.json. */
const NAMES: ReadonlyMap<string, readonly [bin: Bin, ...words: string[]]> = new Map([
  ['runbeam', ['runbeam']],
  ['git-credential-beamd', ['beamd', 'credential', 'git']],
  ['docker-credential-beamd', ['beamd', 'credential', 'docker']],
]);

const OTHERWISE: readonly [Bin, ...string[]] = ['beamd'];

async function main(): Promise<void> {
  const { argv, argv0 } = process;
  const program = hiddenProgram(argv[2]);
  if (program === undefined) {
    const { runBin } = await import('./cli.ts');
    const [bin, ...words] =
      NAMES.get(
        basename(argv0)
          .toLowerCase()
          .replace(/\.exe$/, ''),
      ) ?? OTHERWISE;
    return runBin(bin, [...words, ...argv.slice(2)]);
  }
  // They find their own arguments where they are under Node.
  argv.splice(2, 1);
  if (program === 'agent') await import('./agent.ts');
  else if (program === 'worker') await import('./worker.ts');
  else await import('./keyring.ts');
}

void main();
