/** A command line with all of oclif: route, run, report, exit. */
import type { Config } from '@oclif/core/config';
import { findAnswer } from '../help/find-answer.ts';
import { routeArgv, wantedHelp, wantsLicenses, type Route } from '../routing/argv.ts';
import { commandsOf, ownLicenses, ownManifest, type Bin, type CommandLoaders } from '../routing/manifest.ts';
import { warnOfTokens } from '../command/token-warning.ts';
import { runGuarded } from '../command/run-guarded.ts';
import { processOutput } from '../output/output.ts';
import { isTopic } from '../routing/topics.ts';
import { mistypedLeadingFlag, unknownCommand, unknownHelp } from './unknown-command.ts';
import { asUsageError, valuedSwitch } from './usage-error.ts';

/** Runs a bin with the words after its name, and ends the process with the exit code of `EXIT_CODES`. */
export async function runCommandLine(bin: Bin, argv: readonly string[], loaders: CommandLoaders): Promise<void> {
  await runGuarded(bin, argv, () => run(bin, argv, loaders));
}

async function run(bin: Bin, argv: readonly string[], loaders: CommandLoaders): Promise<number> {
  if (wantsLicenses(argv)) {
    processOutput().result(ownLicenses().trimEnd());
    return 0;
  }
  const answer = await findAnswer(bin, argv, loaders);
  if (answer !== undefined) return answer();
  const manifest = ownManifest();
  const commands = commandsOf(manifest, bin);
  const aliases = aliasesOf(commands);
  const has = (id: string): boolean => commands.has(id) || aliases.has(id);
  const route = routeArgv(argv, has);
  const help = wantedHelp(argv, route, (word) => isTopic(bin, word));
  if (help !== undefined) throw unknownHelp(bin, route, [...commands.keys()]);
  const id = route.id ?? implied(bin, route);
  if (id !== undefined) {
    const { loadConfig } = await import('./plugin.ts');
    const own = aliases.get(id) ?? id;
    await runOwn(await loadConfig(bin, manifest, loaders), own, route.argv);
    if (bin === 'runbeam') await warnOfTokens(own);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  }
  const mistyped = mistypedLeadingFlag(argv, has);
  if (mistyped !== undefined) throw mistyped;
  const shown = [...commands.values()].filter(({ hidden }) => !hidden);
  throw unknownCommand(
    bin,
    route,
    shown.map(({ id }) => id),
  );
}

/** Runs a command that there is. What its parser throws is told in our words. */
async function runOwn(loaded: Config, id: string, argv: readonly string[]): Promise<void> {
  const found = await loaded.findCommand(id, { must: true }).load();
  const taken = { flags: { ...found.baseFlags, ...found.flags }, args: found.args };
  // What follows the command of `exec` without `--` is that command's.
  const valued = found.strict ? valuedSwitch(argv, taken) : undefined;
  if (valued !== undefined) throw valued;
  try {
    await loaded.runCommand(id, [...argv]);
  } catch (error) {
    throw asUsageError(error, taken);
  }
}

function aliasesOf(commands: ReturnType<typeof commandsOf>): Map<string, string> {
  const aliases = new Map<string, string>();
  for (const [id, command] of commands) for (const alias of command.aliases) aliases.set(alias, id);
  return aliases;
}

/** `beamd --config app.yaml` with no command checks the file's key, and `runbeam` its token. */
function implied(bin: Bin, route: Route): string | undefined {
  const asks = route.argv.some((word) => word === '--config' || word.startsWith('--config='));
  if (route.words.length > 0 || !asks) return undefined;
  return bin === 'beamd' ? 'check' : 'verify';
}
