/** Every call of the wire, its values made up from the table itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../secret.ts';
import { answerWith, callsOver, type Contract } from './calls.ts';
import { decode, encode, type Shape } from './codec.ts';
import { JOBS, METHODS, findJob, findMethod } from './wire.ts';

const CONTRACTS: readonly (readonly [string, Contract])[] = Object.entries({ ...METHODS, ...JOBS });
const SHAPES = CONTRACTS.flatMap(([name, { params, result }]) => [
  { name: `what ${name} is given`, shape: params },
  { name: `what comes of ${name}`, shape: result },
]);

/** Any value of a shape. */
function valueOf(shape: Shape): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'text':
      return fc.string({ unit: 'grapheme' });
    case 'number':
      return fc.oneof(
        fc.nat(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
      );
    case 'flag':
      return fc.boolean();
    case 'secret':
      return fc.string().map((value) => new Secret(value));
    case 'token':
      return fc.stringMatching(/^[!-~]+$/).map((value) => new Secret(value));
    case 'choice':
      return fc.constantFrom(...shape.words);
    case 'list':
      return fc.array(valueOf(shape.of), { maxLength: 5 });
    case 'optional':
      return fc.option(valueOf(shape.of), { nil: undefined });
    case 'object':
      return fc
        .record(Object.fromEntries(Object.entries(shape.members).map(([name, member]) => [name, valueOf(member)])))
        .map((value) => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)));
  }
}

/** Anything of JSON that such a value never is. */
function wrongOf(shape: Shape): fc.Arbitrary<unknown> {
  const other = fc.oneof(
    fc.constant(null),
    fc.constant(undefined),
    ...(['text', 'secret', 'choice', 'token'].includes(shape.kind) ? [] : [fc.string()]),
    ...(shape.kind === 'number' ? [] : [fc.nat()]),
    ...(shape.kind === 'flag' ? [] : [fc.boolean()]),
    ...(shape.kind === 'list' ? [] : [fc.constant([])]),
    ...(shape.kind === 'object' ? [] : [fc.constant({})]),
  );
  if (shape.kind === 'token') return fc.oneof(other, fc.constant(''), fc.stringMatching(/^[!-~]*[^!-~]+[!-~]*$/));
  if (shape.kind === 'choice')
    return fc.oneof(
      other,
      fc.string().filter((word) => !shape.words.includes(word)),
    );
  return other;
}

type Json = Readonly<Record<string, unknown>>;

/** JSON of a shape with one thing in it that is wrong, however deep. */
function brokenOf(shape: Shape): fc.Arbitrary<unknown> {
  if (shape.kind === 'optional') return brokenOf(shape.of).filter((value) => value !== null && value !== undefined);
  if (shape.kind === 'list')
    return fc.oneof(
      wrongOf(shape),
      brokenOf(shape.of).map((item) => [item]),
    );
  if (shape.kind !== 'object') return wrongOf(shape);
  const members = shape.named.map(({ name, shape: member }) =>
    fc.tuple(valueOf(shape), brokenOf(member)).map(([value, wrong]) => ({
      ...(json(shape, value) as Json),
      [name]: wrong,
    })),
  );
  return fc.oneof(wrongOf(shape), ...members);
}

function json(shape: Shape, value: unknown): unknown {
  const encoded = encode(shape, value);
  return encoded === undefined ? undefined : JSON.parse(JSON.stringify(encoded));
}

/** Secrets are equal to each other for a matcher: it is shown what is in them. */
function shown(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.reveal() };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, shown(member)]));
}

/** Every name in a JSON value. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...namesIn(member)]);
}

describe.each(SHAPES)('$name', ({ shape }) => {
  it('arrives as it was sent, its names in snake_case', () => {
    fc.assert(
      fc.property(valueOf(shape), (value) => {
        const sent = json(shape, value);
        expect(shown(decode(shape, sent, 'value'))).toEqual(shown(value));
        expect(namesIn(sent).filter((name) => !/^[a-z]+(?:_[a-z]+)*$/.test(name))).toEqual([]);
      }),
    );
  });

  it('may hold what another version adds', () => {
    fc.assert(
      fc.property(valueOf(shape), fc.jsonValue(), (value, more) => {
        const sent = json(shape, value);
        const added = sent === null ? null : { ...(sent as Json), something_new: more };
        expect(shown(decode(shape, added, 'value'))).toEqual(shown(value));
      }),
    );
  });

  it('is refused with anything wrong in it', () => {
    fc.assert(
      fc.property(brokenOf(shape), (broken) => {
        expect(() => decode(shape, broken, 'value')).toThrow(expect.objectContaining({ code: 'agent_unavailable' }));
      }),
    );
  });
});

describe.each([
  { table: 'methods', contracts: METHODS, find: findMethod },
  { table: 'jobs', contracts: JOBS, find: findJob },
])('the $table', ({ contracts, find }) => {
  it('are found by their names on the wire alone', () => {
    const wire = Object.keys(contracts).map((name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    expect(wire.map(find)).toEqual(Object.keys(contracts));
    expect(['refreshScopes', 'toString', '__proto__', '', undefined, 1].map(find)).toEqual(Array(6).fill(undefined));
  });

  it('arrive at the other end, and their results come back', async () => {
    for (const [name, { params, result }] of Object.entries<Contract>(contracts)) {
      await fc.assert(
        fc.asyncProperty(valueOf(params), valueOf(result), async (given, made) => {
          const seen: unknown[] = [];
          const impl = { [name]: async (value: unknown) => (seen.push(value), made) };
          const answer = answerWith(contracts, impl as never);
          const calls = callsOver(contracts, (method, sent) => answer(method, JSON.parse(JSON.stringify(sent))));
          const call = (calls as unknown as Record<string, (value: unknown) => Promise<unknown>>)[name];
          expect([shown(await call?.(given)), shown(seen)]).toEqual([shown(made), shown([given])]);
        }),
        { numRuns: 20 },
      );
    }
  });
});
