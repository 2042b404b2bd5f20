import * as v from 'valibot';

/** What every command prints with `--json` when it fails. */
export const errorJson = v.object({
  error: v.object({ code: v.string(), message: v.string(), hint: v.optional(v.string()) }),
});
