/** `beamd`: the hot path of `beamd token`, else the quick way. */
import { hotToken } from './hot-token.ts';

const argv = process.argv.slice(2);
if (!(await hotToken(argv))) {
  const { runEntry } = await import('./quick.ts');
  await runEntry('beamd', argv);
}
