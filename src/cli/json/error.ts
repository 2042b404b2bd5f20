import * as v from 'valibot';

export const errorValue = v.object({ code: v.string(), message: v.string(), hint: v.optional(v.string()) });

/** What every command prints when it fails. */
export const errorSchema = v.object({ error: errorValue });
