/** What the command line knows of each command without loading it, taken from the command classes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from '@oclif/core/command';
import type { CommandLoaders } from '../src/cli/routing/manifest.ts';
import { omitUndefined } from '../src/omit-undefined.ts';
import { ROOT } from './repository.ts';

export interface ManifestFlag {
  readonly name: string;
  readonly type: 'boolean' | 'option';
  readonly char?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly helpValue?: string;
  readonly helpGroup?: string;
  readonly options?: readonly string[];
  readonly required?: boolean;
  readonly default?: string | number | boolean;
  readonly allowNo?: boolean;
  readonly multiple?: boolean;
  readonly hidden?: boolean;
}

export interface ManifestArg {
  readonly name: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly options?: readonly string[];
}

export interface ManifestCommand {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly hiddenAliases: readonly string[];
  readonly hidden: boolean;
  readonly strict: boolean;
  readonly summary?: string;
  readonly description?: string;
  readonly usage?: string;
  readonly examples: readonly string[];
  readonly flags: Readonly<Record<string, ManifestFlag>>;
  readonly args: Readonly<Record<string, ManifestArg>>;
}

export interface GeneratedManifest {
  readonly version: string;
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}

/** The manifest in the repository: what `npm run generate` wrote there. */
export function writtenManifest(): GeneratedManifest {
  return JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as GeneratedManifest;
}

/** Loads every command and describes it, in the order of the ids. */
export async function describeCommands(loaders: CommandLoaders, version: string): Promise<GeneratedManifest> {
  const commands: Record<string, ManifestCommand> = {};
  for (const [id, load] of Object.entries(loaders).sort(([a], [b]) => a.localeCompare(b, 'en'))) {
    commands[id] = describe(id, (await load()).default);
  }
  return { version, commands };
}

function describe(id: string, command: Command.Class): ManifestCommand {
  const { summary, description, usage } = command;
  return omitUndefined({
    id,
    aliases: command.aliases,
    hiddenAliases: command.hiddenAliases,
    hidden: command.hidden,
    strict: command.strict,
    summary,
    description,
    usage: Array.isArray(usage) ? usage.join('\n') : usage,
    examples: command.examples.map((example) => (typeof example === 'string' ? example : example.command)),
    flags: mapValues({ ...command.flags, ...command.baseFlags }, describeFlag),
    args: mapValues(command.args, describeArg),
  });
}

type Flag = Command.Class['flags'][string];
type Arg = Command.Class['args'][string];

function describeFlag(flag: Flag, name: string): ManifestFlag {
  const common = {
    name,
    type: flag.type,
    char: flag.char,
    summary: flag.summary,
    description: flag.description,
    helpGroup: flag.helpGroup,
    required: flag.required,
    hidden: flag.hidden,
    default: scalar(flag.default),
  };
  if (flag.type === 'boolean') return omitUndefined({ ...common, allowNo: flag.allowNo });
  const { helpValue, options, multiple } = flag;
  return omitUndefined({
    ...common,
    helpValue: Array.isArray(helpValue) ? helpValue.join(' ') : helpValue,
    options,
    multiple,
  });
}

function describeArg(arg: Arg, key: string): ManifestArg {
  const { description, required, options } = arg;
  return omitUndefined({ name: key, description, required, options });
}

function scalar(value: unknown): string | number | boolean | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : undefined;
}

function mapValues<From, To>(record: Record<string, From>, map: (value: From, key: string) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}
