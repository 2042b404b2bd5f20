/** `beamd`: the hot path if the words are exactly those it knows, else any other command line. */
import { hotToken, hotTokenFlags } from './hot-token.ts';

async function main(argv: readonly string[]): Promise<void> {
  const flags = hotTokenFlags(argv);
  if (flags !== undefined) {
    await hotToken(flags);
    return;
  }
  const { runEntry } = await import('./quick.ts');
  await runEntry('beamd', argv);
}

await main(process.argv.slice(2));
