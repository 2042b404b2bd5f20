/** `beamd`: the hot path of `beamd token`, else the quick way. */
import { hotToken } from '../hot/token.ts';

async function main(argv: readonly string[]): Promise<void> {
  if (await hotToken(argv)) process.exit(0);
  const { runEntry } = await import('./quick.ts');
  await runEntry('beamd', argv);
}

void main(process.argv.slice(2));
