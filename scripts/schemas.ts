/** The schema of what each command prints, by command id: with `--json`, and each line with `--jsonl`. */
import type { GenericSchema } from 'valibot';
import { errorSchema } from '../src/cli/json/parts/values.ts';
import { commandSchemas, lineSchemas } from '../src/cli/json/schemas.ts';

/** Commands that print nothing of their own. */
export const WITHOUT_OUTPUT: ReadonlySet<string> = new Set(['beamd:exec']);

/** Ends the name of the shape of a line. */
export const LINES = '.jsonl';

export const jsonSchemas: Readonly<Record<string, GenericSchema>> = {
  error: errorSchema,
  ...commandSchemas,
  ...Object.fromEntries(Object.entries(lineSchemas).map(([id, schema]) => [`${id}${LINES}`, schema])),
};
