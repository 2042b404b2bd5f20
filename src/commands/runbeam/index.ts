import type { CommandLoaders } from '../loader.ts';

/** The commands of `runbeam`. A static map of imports, so that the bundler gives each command its own chunk. */
export const runbeamCommands: CommandLoaders = {};
