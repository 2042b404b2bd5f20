/** `beamd`: the hot path if the words are exactly those it knows, else the whole command line. */
import { hotToken, hotTokenFlags } from './hot-token.ts';

async function main(argv: readonly string[]): Promise<void> {
  const flags = hotTokenFlags(argv);
  if (flags !== undefined) {
    await hotToken(flags);
    return;
  }
  const [{ runBin }, { commandLoaders }] = await Promise.all([import('../cli/main.ts'), import('../commands/index.ts')]);
  await runBin('beamd', argv, commandLoaders);
}

await main(process.argv.slice(2));
