/** `runbeam`. */
import { runEntry } from './quick.ts';

void runEntry('runbeam', process.argv.slice(2));
