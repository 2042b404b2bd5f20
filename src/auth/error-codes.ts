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
