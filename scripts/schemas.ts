/** The schema of what each command prints with `--json`, by command id. */
import type { GenericSchema } from 'valibot';
import { errorSchema } from '../src/cli/json/error.ts';
import { commandSchemas } from '../src/cli/json/schemas.ts';

/** Commands that print nothing of their own. */
export const WITHOUT_OUTPUT: ReadonlySet<string> = new Set(['beamd:exec']);

export const jsonSchemas: Readonly<Record<string, GenericSchema>> = { error: errorSchema, ...commandSchemas };
