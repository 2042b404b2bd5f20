/** A short name for a text that gives nothing of it away. */

/** The first hexadecimal digits of the SHA-256 of a text. */
export function hexDigest(text: string, digits: number): string {
  // Loaded here: few commands need it, and it takes longer than most of what they do.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
