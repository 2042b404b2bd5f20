/** Every command of both bins. */
import { beamdCommands } from './beamd/index.ts';
import type { CommandLoaders } from '../cli/routing/manifest.ts';
import { runbeamCommands } from './runbeam/index.ts';

export const commandLoaders: CommandLoaders = { ...beamdCommands, ...runbeamCommands };
