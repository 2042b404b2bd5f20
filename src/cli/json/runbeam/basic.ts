/** What `runbeam config:set|get|unset`, `runbeam list` and `runbeam test-browser` print with `--json`. */
import * as v from 'valibot';
import { errorValue } from '../parts/values.ts';

export const settingSchema = v.object({
  key: v.literal('api_url'),
  value: v.string(),
  source: v.picklist(['config', 'env', 'default']),
  /** Why the value is not used. */
  refused: v.optional(errorValue),
});

export const commandListSchema = v.object({ commands: v.array(v.object({ id: v.string(), summary: v.string() })) });

export const browserSchema = v.object({ url: v.string(), opened: v.boolean() });

export type CommandListJson = v.InferOutput<typeof commandListSchema>;
