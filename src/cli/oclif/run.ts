/** A command line with all of oclif: route, run, report, exit. */
import type { Config } from '@oclif/core/config';
import { routeArgv, wantedHelp, wantsLicenses, wantsVersion, type Route } from '../routing/argv.ts';
import { commandsOf, ownLicenses, ownManifest, TOPIC_SEPARATORS, type Bin, type CommandLoaders } from '../routing/manifest.ts';
import { runGuarded } from '../command/run-guarded.ts';
import { processOutput } from '../output/output.ts';
import { isTopic } from '../routing/topics.ts';
import { unknownCommand } from './unknown-command.ts';

/** Runs a bin with the words after its name, and ends the process with the exit code of `EXIT_CODES`. */
export async function runCommandLine(bin: Bin, argv: readonly string[], loaders: CommandLoaders): Promise<void> {
  await runGuarded(argv, () => run(bin, argv, loaders));
}

async function run(bin: Bin, argv: readonly string[], loaders: CommandLoaders): Promise<number> {
  if (wantsLicenses(argv)) {
    processOutput().result(ownLicenses().trimEnd());
    return 0;
  }
  const manifest = ownManifest();
  const commands = commandsOf(manifest, bin);
  const aliases = aliasesOf(commands);
  const route = routeArgv(argv, (id) => commands.has(id) || aliases.has(id), TOPIC_SEPARATORS[bin]);
  const { loadConfig } = await import('./config.ts');
  const loaded = await loadConfig(bin, manifest, loaders);
  if (wantsVersion(argv)) {
    processOutput().result(loaded.userAgent);
    return 0;
  }
  const help = wantedHelp(argv, route, (word) => isTopic(bin, word));
  if (help !== undefined) return showHelp(bin, loaded, route, help);
  const id = route.id ?? implied(bin, route);
  if (id !== undefined) {
    await loaded.runCommand(aliases.get(id) ?? id, [...route.argv]);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  }
  const shown = [...commands.values()].filter(({ hidden }) => !hidden);
  throw unknownCommand(
    bin,
    route,
    shown.map(({ id }) => id),
  );
}

function aliasesOf(commands: ReturnType<typeof commandsOf>): Map<string, string> {
  const aliases = new Map<string, string>();
  for (const [id, command] of commands) for (const alias of command.aliases) aliases.set(alias, id);
  return aliases;
}

/** `beamd --config app.yaml` with no command checks the file's key. */
function implied(bin: Bin, route: Route): string | undefined {
  const asks = route.argv.some((word) => word === '--config' || word.startsWith('--config='));
  return bin === 'beamd' && route.words.length === 0 && asks ? 'check' : undefined;
}

async function showHelp(bin: Bin, config: Config, route: Route, id: string): Promise<number> {
  const words = route.words[0] === 'help' ? route.words.slice(1) : route.words;
  const known = id === '' || config.findCommand(id) !== undefined || config.findTopic(id) !== undefined;
  if (!known) throw unknownCommand(bin, { ...route, words }, config.commandIDs);
  const { printHelp } = await import('./config.ts');
  await printHelp(config, id);
  return 0;
}
