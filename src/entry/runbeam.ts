/** `runbeam`: the whole command line. */
import { runBin } from '../cli/main.ts';
import { commandLoaders } from '../commands/index.ts';

await runBin('runbeam', process.argv.slice(2), commandLoaders);
