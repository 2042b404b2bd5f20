/**
 * Values on the wire, described as data: from one description a value is written, read and typed. Not a schema library:
 * every everyday command loads this.
 *
 * In memory a member is `expiresAt`, on the wire `expires_at`: the names on the wire are made from those in memory, so
 * there is one spelling. Members that nobody asked for are passed over, as another version may send them.
 */
import { BeamError } from '../../errors.ts';
import { isFields } from '../../loose-json.ts';
import { Secret } from '../../secret.ts';
import { isToken } from '../../text.ts';

/** Values without parts, as they are in memory. */
interface Leaves {
  readonly text: string;
  readonly number: number;
  readonly flag: boolean;
  readonly secret: Secret;
  readonly token: Secret;
}

/** How a value goes onto the wire and comes off it. What is read is undefined where it is none of that shape. */
interface Ways {
  readonly write: (value: unknown) => unknown;
  readonly read: (value: unknown, name: string) => unknown;
}

/** What a value looks like. */
export type Shape = LeafShape | ChoiceShape | ListShape | OptionalShape | ObjectShape;

interface LeafShape extends Ways {
  readonly kind: keyof Leaves;
}

interface ChoiceShape extends Ways {
  readonly kind: 'choice';
  readonly words: readonly string[];
}

interface ListShape extends Ways {
  readonly kind: 'list';
  readonly of: Shape;
}

interface OptionalShape extends Ways {
  readonly kind: 'optional';
  readonly of: Shape;
}

type Members = Readonly<Record<string, Shape>>;

export interface ObjectShape<M extends Members = Members> extends Ways {
  readonly kind: 'object';
  readonly members: M;
}

/** A value of that shape, in memory. */
export type Value<S extends Shape> = Shape extends S ? unknown : ValueOf<S>;

type ValueOf<S extends Shape> = S extends { readonly kind: keyof Leaves }
  ? Leaves[S['kind']]
  : S extends ChoiceShape
    ? S['words'][number]
    : S extends ListShape
      ? readonly Value<S['of']>[]
      : S extends OptionalShape
        ? Value<S['of']> | undefined
        : S extends ObjectShape
          ? MembersOf<S['members']>
          : never;

type MembersOf<M extends Members> = {
  readonly [K in keyof M as M[K] extends OptionalShape ? never : K]: Value<M[K]>;
} & {
  readonly [K in keyof M as M[K] extends OptionalShape ? K : never]?: M[K] extends OptionalShape ? Value<M[K]['of']> : never;
};

const asItIs = (value: unknown): unknown => value;

export const text = {
  kind: 'text',
  write: asItIs,
  read: (value: unknown) => (typeof value === 'string' ? value : undefined),
} as const;
export const number = {
  kind: 'number',
  write: asItIs,
  read: (value: unknown) => (Number.isFinite(value) ? value : undefined),
} as const;
export const flag = {
  kind: 'flag',
  write: asItIs,
  read: (value: unknown) => (typeof value === 'boolean' ? value : undefined),
} as const;
/** A text that must not be shown: a `Secret` in memory. */
export const secret = {
  kind: 'secret',
  write: revealed,
  read: (value: unknown) => (typeof value === 'string' ? new Secret(value) : undefined),
} as const;
/** A secret that goes into headers and onto the screen: without spaces, line breaks and marks that a terminal obeys. */
export const token = {
  kind: 'token',
  write: revealed,
  read: (value: unknown) => (typeof value === 'string' && isToken(value) ? new Secret(value) : undefined),
} as const;

function revealed(value: unknown): string | undefined {
  return value instanceof Secret ? value.reveal() : undefined;
}

/** One of these words; any other is refused. */
export function choice<const W extends string>(...words: readonly W[]) {
  return { kind: 'choice', words, write: asItIs, read: (value: unknown) => words.find((word) => word === value) } as const;
}

export function list<const S extends Shape>(of: S) {
  return {
    kind: 'list',
    of,
    write: (value: unknown) => (Array.isArray(value) ? value.map((item: unknown) => of.write(item)) : undefined),
    read: (value: unknown, name: string) =>
      Array.isArray(value) ? value.map((item: unknown) => read(of, item, name)) : undefined,
  } as const;
}

/** A member that may be absent; by itself, a value that may be undefined (`null` on the wire). */
export function optional<const S extends Shape>(of: S) {
  return {
    kind: 'optional',
    of,
    write: (value: unknown) => (value === undefined ? null : of.write(value)),
    read: (value: unknown, name: string) => (value === undefined || value === null ? undefined : read(of, value, name)),
  } as const;
}

export function object<const M extends Members>(members: M): ObjectShape<M> {
  const named = Object.entries(members).map(([member, shape]) => [member, wireName(member), shape] as const);
  return {
    kind: 'object',
    members,
    write: (value) => {
      if (!isFields(value)) return undefined;
      const fields: Record<string, unknown> = {};
      for (const [member, name, { write }] of named) if (value[member] !== undefined) fields[name] = write(value[member]);
      return fields;
    },
    read: (fields) => {
      if (!isFields(fields)) return undefined;
      const value: Record<string, unknown> = {};
      for (const [member, name, shape] of named) {
        const found = read(shape, fields[name], name);
        if (found !== undefined) value[member] = found;
      }
      return value;
    },
  };
}

/** `gatewayCode` as it is written on the wire: `gateway_code`. */
export function wireName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The JSON form of a value. It reveals secrets. */
export function encode<S extends Shape>(shape: S, value: Value<S>): unknown {
  return shape.write(value);
}

/** Reads a value from JSON; `name` says in the error what it was. Throws `agent_unavailable` for one of another shape. */
export function decode<S extends Shape>(shape: S, value: unknown, name: string): Value<S> {
  return read(shape, value, name) as Value<S>;
}

/** What either side throws for a message of which it cannot read `name`. */
export function misunderstood(name: string): BeamError {
  return new BeamError('agent_unavailable', `The agent and this command do not understand each other (${name})`, {
    hint: { command: 'beamd agent stop' },
  });
}

function read(shape: Shape, value: unknown, name: string): unknown {
  const found = shape.read(value, name);
  if (found === undefined && shape.kind !== 'optional') throw misunderstood(name);
  return found;
}
