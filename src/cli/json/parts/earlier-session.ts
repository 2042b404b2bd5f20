import * as v from 'valibot';

/** What became of the session that a login replaced; absent: there was none. */
export const earlierSession = v.optional(v.picklist(['revoked', 'unsupported', 'unreachable', 'unreadable']));
