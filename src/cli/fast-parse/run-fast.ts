/** Command lines with nothing wrong in them, run without oclif: it costs more than Node itself takes to start. */
import { warnOfTokens } from '../command/token-warning.ts';
import { noteCommand, routeArgv, wantsHelp } from '../routing/argv.ts';
import { type Bin, type CommandLoaders } from '../routing/manifest.ts';
import type { Command } from './command.ts';
import { parseRight, type Grammar, type Parsed } from './parse.ts';

/** A command class as the everyday program has it: its base and its flags are this folder's. */
type FastCommand = Grammar & (new (argv: readonly string[], parsed: Parsed) => Command);

/** What runs this command line, its result the exit code; undefined: oclif has to look at it. */
export async function findFastRun(
  bin: Bin,
  argv: readonly string[],
  loaders: CommandLoaders,
): Promise<(() => Promise<number>) | undefined> {
  if (wantsHelp(argv)) return undefined;
  const route = routeArgv(argv, (id) => Object.hasOwn(loaders, `${bin}:${id}`));
  const load = route.id === undefined ? undefined : loaders[`${bin}:${route.id}`];
  if (load === undefined) return undefined;
  // The bundler has put this folder in oclif's place; the type checker has not.
  const FastClass = (await load()).default as unknown as FastCommand;
  const parsed = parseRight(route.argv, FastClass);
  if (parsed === undefined) return undefined;
  noteCommand(bin, route.id ?? '');
  return async () => {
    await new FastClass(route.argv, parsed).run();
    if (bin === 'runbeam') await warnOfTokens(route.id);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  };
}
