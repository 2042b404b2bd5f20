/** Entry of both bins: route, run, report, exit. */
import type { Config } from '@oclif/core/config';
import { BeamError } from '../../errors.ts';
import { routeArgv, type Route, wantedHelp, wantsVersion } from '../routing/argv.ts';
import type { CommandLoaders, Bin } from '../routing/manifest.ts';
import { isTopic } from '../routing/topics.ts';
import { commandsOf, packageRoot, readManifest } from '../routing/manifest.ts';
import { runGuarded } from '../command/run-guarded.ts';
import { processOutput } from '../output/output.ts';
import { nearest } from '../routing/suggest.ts';

export type { Bin } from '../routing/manifest.ts';

/** Runs a bin with the words after its name, and ends the process with the exit code of `EXIT_CODES`. */
export async function runBin(bin: Bin, argv: readonly string[], loaders: CommandLoaders): Promise<void> {
  await runGuarded(argv, () => run(bin, argv, loaders));
}

async function run(bin: Bin, argv: readonly string[], loaders: CommandLoaders): Promise<number> {
  const root = packageRoot();
  const manifest = readManifest(root);
  const commands = commandsOf(manifest, bin);
  const aliases = aliasesOf(commands);
  const route = routeArgv(argv, (id) => commands.has(id) || aliases.has(id), bin === 'beamd');
  const { loadConfig } = await import('./config.ts');
  const loaded = await loadConfig(bin, manifest, root, loaders);
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
  throw unknownCommand(
    bin,
    route,
    [...commands.values()].filter((command) => !command.hidden).map(({ id }) => id),
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

function unknownCommand(bin: Bin, route: Route, ids: readonly string[]): BeamError {
  const [first] = route.words;
  if (first === undefined)
    return new BeamError('usage', 'There are flags but no command', { hint: { command: `${bin} --help` } });
  const separator = bin === 'beamd' ? ' ' : ':';
  const inTopic = isTopic(bin, first);
  const typed = inTopic ? route.words.slice(0, 2) : [first];
  const guess = nearest(typed.join(':'), ids)?.replaceAll(':', separator);
  const next = inTopic && typed.length === 1 ? `${first} --help` : (guess ?? '--help');
  return new BeamError('usage', `${bin} has no command named ${quoted(typed)}`, { hint: { command: `${bin} ${next}` } });
}

/** Words that were typed, if they are short enough to be a mistyped command and not a secret. */
function quoted(words: readonly string[]): string {
  return words.every((word) => /^[\w:.-]{1,24}$/.test(word)) ? `"${words.join(' ')}"` : 'like that';
}
