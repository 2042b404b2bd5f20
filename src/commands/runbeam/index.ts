import type { CommandLoaders } from '../../cli/command-loader.ts';

/** The commands of `runbeam`. A static map of imports, so that the bundler gives each command its own chunk. */
export const runbeamCommands: CommandLoaders = {};
