import type { Command } from '@oclif/core/command';

/** Imports the module of one command. */
export type CommandLoader = () => Promise<{ default: Command.Class }>;

/** Commands by id, the bin's name in front: `runbeam:harmony:add`. */
export type CommandLoaders = Readonly<Record<string, CommandLoader>>;
