import { expect, expectTypeOf, test } from 'vitest';
import { omitUndefined } from './omit-undefined.ts';

test('what is undefined becomes absent; all else stays, in its order', () => {
  const value = { b: undefined, a: null, c: false, d: '', e: 0, f: { g: undefined } };
  expect(Object.entries(omitUndefined(value))).toEqual([
    ['a', null],
    ['c', false],
    ['d', ''],
    ['e', 0],
    ['f', { g: undefined }],
  ]);
  expect(Object.keys(value)).toContain('b');
});

test('the type says so', () => {
  const name = (given: string | undefined) => omitUndefined({ id: 1, name: given });
  expect('name' in name(undefined)).toBe(false);
  expectTypeOf(name('x')).toExtend<{ id: number; name?: string }>();
});

test('a member named __proto__ is only a member', () => {
  const value = JSON.parse('{"__proto__": {"polluted": true}}') as object;
  expect(Object.entries(omitUndefined(value))).toEqual([['__proto__', { polluted: true }]]);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
