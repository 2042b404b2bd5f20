import * as v from 'valibot';
import { text } from '../dialect/schemas.ts';
import { unverifiedPart } from '../dialect/unverified.ts';

const MAX_BYTES = 16 * 1024;

export interface TokenHeader {
  readonly alg: string;
  readonly kid?: string | undefined;
}

const headerSchema = v.object({ alg: text, kid: v.optional(v.pipe(text, v.maxLength(256))) });

/** A Laravel Sanctum token, `{id}|{secret}`: opaque, for its server alone to read. */
export function isOpaque(token: string): boolean {
  return /^\d+\|\S+$/.test(token) && token.length <= MAX_BYTES;
}

/**
 * The header of a token in the shape of a JWS: at most 16 KiB, three parts, each the one base64url form of its bytes
 * (libraries accept others, and so more than one text for one signature). Undefined for anything else.
 */
export function headerOf(token: string): TokenHeader | undefined {
  if (token.length > MAX_BYTES) return undefined;
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every((part) => isStrictBase64url(part))) return undefined;
  return unverifiedPart(parts[0], headerSchema);
}

/** The `iss` of a token whose signature has not been checked: only ever to be compared, never to be followed. */
export function unverifiedIssuer(token: string): string | undefined {
  return unverifiedPart(token.split('.')[1], v.object({ iss: text }))?.iss;
}

function isStrictBase64url(part: string): boolean {
  return part !== '' && /^[A-Za-z0-9_-]+$/.test(part) && Buffer.from(part, 'base64url').toString('base64url') === part;
}
