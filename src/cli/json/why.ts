import * as v from 'valibot';
import { SOURCES } from './account.ts';
import { errorValue } from './parts/values.ts';

export const whySchema = v.object({
  topics: v.array(
    v.object({
      topic: v.picklist(['server', 'account', 'scope', 'token']),
      /** What every command uses; of an account `-` is the one without a name. Never a token. */
      value: v.optional(v.string()),
      /** In the order in which they are asked. */
      candidates: v.array(
        v.object({
          source: v.picklist([...SOURCES, 'account']),
          path: v.optional(v.string()),
          line: v.optional(v.number()),
          value: v.optional(v.string()),
          /** `passed`: it is there and does not count here. `failed`: it could not be read. */
          state: v.picklist(['won', 'lost', 'absent', 'passed', 'failed']),
          reason: v.optional(v.string()),
        }),
      ),
    }),
  ),
  /** There is no answer: every command fails with this, and so does this one. */
  error: v.optional(errorValue),
});

export type WhyJson = v.InferOutput<typeof whySchema>;
