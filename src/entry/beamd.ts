/** `beamd`: the hot path of `beamd token`, else the quick way. */
import { hotToken } from './hot-token.ts';

// A function, because this program is CommonJS, which has no await of its own.
async function main(argv: readonly string[]): Promise<void> {
  if (await hotToken(argv)) return;
  const { runEntry } = await import('./quick.ts');
  await runEntry('beamd', argv);
}

void main(process.argv.slice(2));
