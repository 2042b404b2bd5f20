/** One bin as an oclif plugin, made from the manifest: nothing is looked for on disk. */
import type { Command } from '@oclif/core/command';
import type { Interfaces } from '@oclif/core';
import { BeamError } from '../../errors.ts';
import { commandsOf, TOPIC_SEPARATORS, type Bin, type CommandLoaders, type Manifest } from '../routing/manifest.ts';
import { DESCRIPTIONS, TOPICS } from '../routing/topics.ts';

/** oclif wants to be told where the package is, and then looks for nothing there. */
const ROOT = '/';

/** Builds the plugin that `Config` takes as its root. */
export function createPlugin(bin: Bin, manifest: Manifest, loaders: CommandLoaders): Interfaces.Plugin {
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
