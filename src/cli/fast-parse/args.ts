/** Stands in for `@oclif/core/args` in the everyday program, as `flags.ts` does for the flags. */
import type { FlagDefinition } from './flags.ts';

export { string } from './flags.ts';

export type ArgDefinition = Pick<FlagDefinition, 'required' | 'default' | 'options'>;
