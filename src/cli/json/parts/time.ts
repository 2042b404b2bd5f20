import * as v from 'valibot';

/** RFC 3339, in UTC where it is ours to say. */
export const timeSchema = v.pipe(v.string(), v.isoTimestamp());
