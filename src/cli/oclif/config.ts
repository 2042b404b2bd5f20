/** oclif's side of a run: its config, made of our plugin, and its help. Imported once a command is wanted. */
import { Config } from '@oclif/core/config';
import { Help } from '@oclif/core/help';
import type { CommandLoaders, Bin, Manifest } from '../routing/manifest.ts';
import { createPlugin } from './plugin.ts';

export function loadConfig(bin: Bin, manifest: Manifest, root: string, loaders: CommandLoaders): Promise<Config> {
  const plugin = createPlugin(bin, manifest, root, loaders);
  const plugins = new Map([[plugin.name, plugin]]);
  return Config.load({ root, plugins, pjson: plugin.pjson, version: manifest.version });
}

/** Prints the help of a command or a topic, or of the whole program for an empty id. */
export async function printHelp(config: Config, id: string): Promise<void> {
  await new Help(config, config.pjson.oclif.helpOptions).showHelp(id === '' ? [] : [id]);
}
