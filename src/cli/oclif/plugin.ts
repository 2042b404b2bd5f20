/** oclif's side of a run: one bin as a plugin, made from the manifest; nothing is looked for on disk. Imported once a command is wanted. */
import { Config } from '@oclif/core/config';
import type { Command } from '@oclif/core/command';
import type { Interfaces } from '@oclif/core';
import { BeamError } from '../../errors.ts';
import { commandsOf, TOPIC_SEPARATORS, type Bin, type CommandLoaders, type Manifest } from '../routing/manifest.ts';
import { DESCRIPTIONS, TOPICS } from '../routing/topics.ts';

/** oclif wants to be told where the package is, and then looks for nothing there. */
const ROOT = '/';

/** oclif's config of a run, with our plugin at its root. */
export async function loadConfig(bin: Bin, manifest: Manifest, loaders: CommandLoaders): Promise<Config> {
  const plugin = createPlugin(bin, manifest, loaders);
  const plugins = new Map([[plugin.name, plugin]]);
  return Config.load({ root: plugin.root, plugins, pjson: plugin.pjson, version: manifest.version });
}

function createPlugin(bin: Bin, manifest: Manifest, loaders: CommandLoaders): Interfaces.Plugin {
  const commands = commandsOf(manifest, bin);
  const load = (id: string): Promise<Command.Class> => loadCommand(bin, id, loaders);
  const pjson = createPjson(bin, manifest.version);
  return {
    _base: '',
    alias: bin,
    name: bin,
    version: manifest.version,
    root: ROOT,
    type: 'core',
    moduleType: 'module',
    isRoot: true,
    valid: true,
    hasManifest: true,
    hooks: {},
    commandsDir: undefined,
    pjson,
    options: { root: ROOT, pjson },
    commandIDs: [...commands.keys()],
    commands: [...commands.values()].map((command) => ({ ...command, pluginName: bin, load: () => load(command.id) })),
    topics: Object.entries(TOPICS[bin]).map(([name, { description }]) => ({ name, description })),
    findCommand: load,
    load: () => Promise.resolve(),
  };
}

async function loadCommand(bin: Bin, id: string, loaders: CommandLoaders): Promise<Command.Class> {
  const loader = loaders[`${bin}:${id}`];
  if (loader === undefined) throw new BeamError('failed', `The command ${bin} ${id} is missing from the installation`);
  const { default: command } = await loader();
  command.id = id;
  return command;
}

function createPjson(bin: Bin, version: string): Interfaces.PJSON {
  return {
    name: bin,
    version,
    description: DESCRIPTIONS[bin],
    oclif: {
      bin,
      dirname: bin,
      topicSeparator: TOPIC_SEPARATORS[bin],
      additionalHelpFlags: ['-h'],
    },
  };
}
