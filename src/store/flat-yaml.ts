/** The part of yaml that needs no yaml library, for commands that run thousands of times a day. On the hot path. */

import { bare } from './defined.ts';

const MAX_LENGTH = 65_536;
const LINE = /^([A-Za-z_][A-Za-z0-9_-]{0,63}): +(\S(?:.*\S)?) *$/u;
const COMMENT = /^#[\u0020-\u007e\u00a0-\ud7ff]*$/u;
// A word that begins with a letter, or a dotted IPv4 address with an optional port: never a number.
const PLAIN = /^(?:[A-Za-z][A-Za-z0-9._/:@+-]*|\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?::\d{1,5})?)$/u;
const QUOTED = /^(["'])([A-Za-z0-9._/:@+ [\]-]*)\1$/u;
const NOT_TEXT = /^(?:null|true|false)$/iu;

/** The text of a scalar that is certainly a string; undefined for any other. */
export function plainValue(text: string): string | undefined {
  const quoted = QUOTED.exec(text);
  if (quoted !== null) return quoted[2];
  return PLAIN.test(text) && !NOT_TEXT.test(text) && !text.endsWith(':') ? text : undefined;
}

/** Key and value, as written, of a `key: value` line; undefined for another line or a key that may be no string. */
export function plainEntry(line: string): { readonly key: string; readonly text: string } | undefined {
  const match = LINE.exec(line);
  const [key, text] = [match?.[1], match?.[2]];
  return key === undefined || text === undefined || NOT_TEXT.test(key) ? undefined : { key, text };
}

export function isYamlComment(line: string): boolean {
  return COMMENT.test(line);
}

/**
 * Reads a document of `key: value` lines and comments. Returns undefined whenever it is not certain that a yaml
 * parser would give exactly these keys with exactly these strings; then ask `parseYamlObject`.
 */
export function parseFlatYaml(text: string): Record<string, string> | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const result = bare<string>();
  for (const line of text.split('\n')) {
    if (line === '' || isYamlComment(line)) continue;
    const entry = plainEntry(line);
    const value = entry && plainValue(entry.text);
    if (entry === undefined || value === undefined || entry.key in result) return undefined;
    result[entry.key] = value;
  }
  return result;
}
