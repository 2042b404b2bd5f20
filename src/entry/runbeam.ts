/** `runbeam`. */
import { runEntry } from './quick.ts';

await runEntry('runbeam', process.argv.slice(2));
