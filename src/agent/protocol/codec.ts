import { BeamError } from '../../errors.ts';

/** A JSON object from the other side of a socket or pipe, read field by field. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What either side throws for a message of which it cannot read `name`. */
export function misunderstood(name: string): BeamError {
  return new BeamError('agent_unavailable', `The agent and this command do not understand each other (${name})`, {
    hint: { command: 'beamd agent stop' },
  });
}

/** Throws `agent_unavailable` if `value` is not an object. */
export function fieldsOf(value: unknown, name: string): Fields {
  if (!isFields(value)) throw misunderstood(name);
  return value;
}

/** Throws `agent_unavailable` if the field is not a string. */
export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string') throw misunderstood(name);
  return value;
}

/** Throws `agent_unavailable` if the field is not a finite number. */
export function number(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw misunderstood(name);
  return value;
}

/** Throws `agent_unavailable` if the field is not true or false. */
export function flag(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value !== 'boolean') throw misunderstood(name);
  return value;
}

/** Throws `agent_unavailable` if the field is not a list of strings. */
export function texts(fields: Fields, name: string): readonly string[] {
  const value = fields[name];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw misunderstood(name);
  return value;
}

/** `{[key]: read(fields, name)}` where the field is there, `{}` where it is not. */
export function optional<K extends string, V>(
  key: K,
  fields: Fields,
  name: string,
  read: (fields: Fields, name: string) => V,
): Partial<Record<K, V>> {
  if (fields[name] === undefined || fields[name] === null) return {};
  const found: Partial<Record<K, V>> = {};
  found[key] = read(fields, name);
  return found;
}
