import { isTopic } from '../cli/help/topics.ts';
import type { Bin } from '../cli/manifest.ts';
import { commandLoaders } from '../commands/index.ts';

export { commandLoaders };

const HELP: ReadonlySet<string> = new Set(['--help', '-h', 'help', '--version', '-v']);

/** Whether it is worth asking for the help of this command line; the program for it knows. */
function mayWantHelp(bin: Bin, argv: readonly string[]): boolean {
  const [first] = argv;
  if (first === undefined || argv.some((word) => HELP.has(word))) return true;
  return argv.length === 1 && isTopic(bin, first);
}

/** Runs a command line the quick way if it is plainly right, else the frame's, and ends the process. */
export async function runEntry(bin: Bin, argv: readonly string[]): Promise<void> {
  if (mayWantHelp(bin, argv)) {
    const { quickHelp } = await import('./help.ts');
    if (await quickHelp(bin, argv)) return;
  }
  const { findQuick } = await import('../cli/light/run-quickly.ts');
  const quick = await findQuick(bin, argv, commandLoaders);
  if (quick === undefined) {
    const { runFrame } = await import('./frame.ts');
    await runFrame(bin, argv);
  } else {
    const { runGuarded } = await import('../cli/run-guarded.ts');
    await runGuarded(argv, quick);
  }
}

/** Writes what is left of a result that could not be written at once, and ends the process. */
export async function writeRest(argv: readonly string[], rest: Uint8Array): Promise<void> {
  const { writePatiently } = await import('../cli/write-patiently.ts');
  await writePatiently(argv, rest);
}
