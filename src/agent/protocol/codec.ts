/**
 * Values on the wire, described as data: from one description a value is written, read and typed. Not a schema library:
 * every everyday command loads this.
 *
 * In memory a member is `expiresAt`, on the wire `expires_at`: the names on the wire are made from those in memory, so
 * there is one spelling. Members that nobody asked for are passed over, as another version may send them.
 */
import { BeamError } from '../../errors.ts';
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

/** What a value looks like. */
export type Shape = { readonly kind: keyof Leaves } | ChoiceShape | ListShape | OptionalShape | ObjectShape;

interface ChoiceShape {
  readonly kind: 'choice';
  readonly words: readonly string[];
}

interface ListShape {
  readonly kind: 'list';
  readonly of: Shape;
}

interface OptionalShape {
  readonly kind: 'optional';
  readonly of: Shape;
}

type Members = Readonly<Record<string, Shape>>;

export interface ObjectShape<M extends Members = Members> {
  readonly kind: 'object';
  readonly members: M;
  /** Each member with its name on the wire. */
  readonly named: readonly { readonly member: string; readonly name: string; readonly shape: Shape }[];
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

export const text = { kind: 'text' } as const;
export const number = { kind: 'number' } as const;
export const flag = { kind: 'flag' } as const;
/** A text that must not be shown: a `Secret` in memory. */
export const secret = { kind: 'secret' } as const;
/** A secret that goes into headers and onto the screen: without spaces, line breaks and marks that a terminal obeys. */
export const token = { kind: 'token' } as const;

/** One of these words; any other is refused. */
export function choice<const W extends string>(...words: readonly W[]) {
  return { kind: 'choice', words } as const;
}

export function list<const S extends Shape>(of: S) {
  return { kind: 'list', of } as const;
}

/** A member that may be absent; by itself, a value that may be undefined (`null` on the wire). */
export function optional<const S extends Shape>(of: S) {
  return { kind: 'optional', of } as const;
}

export function object<const M extends Members>(members: M): ObjectShape<M> {
  const named = Object.entries(members).map(([member, shape]) => ({ member, name: wireName(member), shape }));
  return { kind: 'object', members, named };
}

/** `gatewayCode` as it is written on the wire: `gateway_code`. */
export function wireName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The JSON form of a value. It reveals secrets. */
export function encode<S extends Shape>(shape: S, value: Value<S>): unknown {
  return write(shape, value);
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

/** A JSON object whose members are not looked at yet. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function write(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case 'secret':
    case 'token':
      return value instanceof Secret ? value.reveal() : undefined;
    case 'list':
      return Array.isArray(value) ? value.map((item: unknown) => write(shape.of, item)) : undefined;
    case 'optional':
      return value === undefined ? null : write(shape.of, value);
    case 'object':
      return isFields(value) ? writeMembers(shape, value) : undefined;
    default:
      return value;
  }
}

function writeMembers({ named }: ObjectShape, value: Fields): Fields {
  const fields: Record<string, unknown> = {};
  for (const { member, name, shape } of named) if (value[member] !== undefined) fields[name] = write(shape, value[member]);
  return fields;
}

/** Undefined for what is none. */
const LEAVES: { readonly [K in keyof Leaves]: (value: unknown) => Leaves[K] | undefined } = {
  text: (value) => (typeof value === 'string' ? value : undefined),
  number: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
  flag: (value) => (typeof value === 'boolean' ? value : undefined),
  secret: (value) => (typeof value === 'string' ? new Secret(value) : undefined),
  token: (value) => (typeof value === 'string' && isToken(value) ? new Secret(value) : undefined),
};

function read(shape: Shape, value: unknown, name: string): unknown {
  if (shape.kind === 'optional') return value === undefined || value === null ? undefined : read(shape.of, value, name);
  const found = readPresent(shape, value, name);
  if (found === undefined) throw misunderstood(name);
  return found;
}

function readPresent(shape: Exclude<Shape, { readonly kind: 'optional' }>, value: unknown, name: string): unknown {
  switch (shape.kind) {
    case 'choice':
      return shape.words.find((word) => word === value);
    case 'list':
      return Array.isArray(value) ? value.map((item: unknown) => read(shape.of, item, name)) : undefined;
    case 'object':
      return isFields(value) ? readMembers(shape, value) : undefined;
    default:
      return LEAVES[shape.kind](value);
  }
}

function readMembers({ named }: ObjectShape, fields: Fields): Fields {
  const value: Record<string, unknown> = {};
  for (const { member, name, shape } of named) {
    const found = read(shape, fields[name], name);
    if (found !== undefined) value[member] = found;
  }
  return value;
}
