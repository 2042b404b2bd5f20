/** oclif's side of a run: its config, made of our plugin. Imported once a command is wanted. */
import { Config } from '@oclif/core/config';
import type { Bin, CommandLoaders, Manifest } from '../routing/manifest.ts';
import { createPlugin } from './plugin.ts';

export async function loadConfig(bin: Bin, manifest: Manifest, loaders: CommandLoaders): Promise<Config> {
  const plugin = createPlugin(bin, manifest, loaders);
  const plugins = new Map([[plugin.name, plugin]]);
  return Config.load({ root: plugin.root, plugins, pjson: plugin.pjson, version: manifest.version });
}
