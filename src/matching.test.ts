import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fitsFilter, namesFrom, patternTest, sameName } from './matching.ts';

describe('a filter', () => {
  test.each([
    ['acme-east', 'ACME', true],
    ['acme-east', 'east acme', true],
    ['acme-east', 'acme west', false],
    ['Acme', 'me', true],
    ['acme', '', true],
    ['acme', '  ', true],
  ])('%s fits %j: %s', (name, filter, wanted) => {
    expect(fitsFilter(name, filter)).toBe(wanted);
  });

  test('every part of a name finds it', () => {
    const part = fc.string().chain((name) => fc.tuple(fc.constant(name), fc.nat(name.length), fc.nat(name.length)));
    fc.assert(
      fc.property(part, ([name, one, other]) => {
        expect(fitsFilter(name, name.slice(Math.min(one, other), Math.max(one, other)))).toBe(true);
      }),
    );
  });
});

describe('a name', () => {
  const names = ['acme', 'acme-east', 'ACME-West', 'Beta', 'beta'];

  test.each([
    ['acme', 'acme'],
    ['ACME', 'acme'],
    ['acme-west', 'ACME-West'],
    ['beta', 'beta'],
    // Two differ from it in case alone: neither is meant.
    ['BETA', undefined],
    ['acm', undefined],
    ['', undefined],
  ])('%j means %j', (typed, wanted) => {
    expect(sameName(names, typed)).toBe(wanted);
  });

  test.each([
    ['acme', ['acme']],
    ['ACME-', ['acme-east', 'ACME-West']],
    ['be', ['Beta', 'beta']],
    ['x', []],
    ['', []],
  ])('%j begins %j', (typed, wanted) => {
    expect(namesFrom(names, typed)).toEqual(wanted);
  });
});

test.each([
  ['prod-*', ['prod-1', 'PROD-eu', 'prod-'], ['prod', 'a-prod-1']],
  ['gw-?', ['gw-1', 'gw-ü'], ['gw-', 'gw-10']],
  ['*', ['', 'all\nof it'], []],
  ['a.b[c]', ['a.b[c]'], ['axb[c]', 'a.bc']],
  ['**a**', ['a', 'bab'], ['b']],
])('the pattern %j', (pattern, fitting, others) => {
  const fits = patternTest(pattern);
  expect([...fitting, ...others].filter(fits)).toEqual(fitting);
});
