/** What the shapes of several commands are made of. */
import * as v from 'valibot';

/** RFC 3339, in UTC where it is ours to say. */
export const timeSchema = v.pipe(v.string(), v.isoTimestamp());

/** What became of the session that a login replaced; absent: there was none. */
export const earlierSession = v.optional(v.picklist(['revoked', 'unsupported', 'unreachable', 'unreadable']));

export const errorValue = v.object({ code: v.string(), message: v.string(), hint: v.optional(v.string()) });

/** What every command prints when it fails. */
export const errorSchema = v.object({ error: errorValue });
