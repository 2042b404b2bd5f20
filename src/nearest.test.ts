import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const COMMANDS = ['login', 'logout', 'orgs', 'agent:start', 'link'];

test.each([
  ['logn', 'login'],
  ['lgoin', 'login'],
  ['logot', 'logout'],
  ['org', 'orgs'],
  ['agent:strat', 'agent:start'],
  ['nope', undefined],
  ['', undefined],
])('%j means %j', (word, wanted) => {
  expect(nearest(word, COMMANDS)).toBe(wanted);
});

test('the contrary of a command is none that was mistyped', () => {
  expect(nearest('unlink', COMMANDS)).toBeUndefined();
});
