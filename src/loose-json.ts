/** JSON from elsewhere, before it is known what it is. */

/** A JSON object whose members are not looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value; undefined for what is no JSON. */
export function looseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A member of an object; undefined for one that it has not, and for what is no object. */
export function memberOf(value: unknown, name: string): unknown {
  return isFields(value) ? value[name] : undefined;
}
