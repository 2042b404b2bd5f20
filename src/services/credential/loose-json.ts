/** JSON of another program, of which a helper looks at a few members: whatever else it is, or is not, is no matter. */

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
  return typeof value === 'object' && value !== null ? (Reflect.get(value, name) as unknown) : undefined;
}
