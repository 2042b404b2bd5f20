import * as v from 'valibot';
import type { Scope } from '../../store/accounts/account.ts';
import { isToken, printable } from '../../text.ts';

/** The pieces that the dialects' answers have in common. Unknown fields are ignored; null counts as absent. */

export const text = v.pipe(v.string(), v.nonEmpty());

/** Some servers end a token with the line break of the file that they keep it in. */
export const token = v.pipe(v.string(), v.trim(), v.check(isToken));

export const optionalText = v.pipe(
  v.nullish(v.string()),
  v.transform((value) => (value === null || value === '' ? undefined : value)),
);

/** Seconds, as a number or as digits, with a fraction or without. */
export const seconds = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.trim(), v.regex(/^\d{1,12}(\.\d{1,12})?$/), v.transform(Number))]),
  v.finite(),
);

/** Seconds that a server need not say: whatever is no number says nothing. */
export const optionalSeconds = v.fallback(
  v.pipe(
    v.nullish(seconds),
    v.transform((value) => value ?? undefined),
  ),
  undefined,
);

/** A slug is used as an argument and an environment variable, and printed: one visible word. */
const slug = v.pipe(
  v.string(),
  v.nonEmpty(),
  v.maxLength(200),
  v.check((value) => printable(value) === value && !/\s/.test(value)),
);

export const scopes = v.pipe(
  v.array(v.object({ slug, role: optionalText })),
  v.transform((list): readonly Scope[] => {
    const bySlug = new Map<string, Scope>();
    for (const { slug: name, role } of list) {
      if (!bySlug.has(name)) bySlug.set(name, role === undefined ? { slug: name } : { slug: name, role: printable(role) });
    }
    return [...bySlug.values()];
  }),
);

/** The answer to a device authorization request (RFC 8628 section 3.2). */
export const deviceAuthorization = v.object({
  device_code: text,
  user_code: text,
  verification_uri: optionalText,
  /** What the drafts of the RFC called it, and some servers still do. */
  verification_url: optionalText,
  verification_uri_complete: optionalText,
  expires_in: seconds,
  interval: optionalSeconds,
});

export type DeviceAuthorization = v.InferOutput<typeof deviceAuthorization>;

/** The error codes that RFC 6749, 6750, 7009, 8628 and OpenID Connect define, as far as our calls can meet them. */
const KNOWN: ReadonlySet<string> = new Set(
  `access_denied authorization_pending expired_token insufficient_scope interaction_required invalid_client invalid_grant
  invalid_request invalid_scope invalid_target invalid_token login_required server_error slow_down
  temporarily_unavailable unauthorized_client unsupported_grant_type unsupported_response_type
  unsupported_token_type`.split(/\s+/),
);

/** A server's error code for a message: itself if it is a registered one, since any other text may hold anything. */
export function shownErrorCode(code: string): string {
  return KNOWN.has(code) ? code : 'an unknown code';
}
