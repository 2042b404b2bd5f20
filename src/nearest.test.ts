import { expect, test } from 'vitest';
import { didYouMean, nearest } from './nearest.ts';

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

test.each([
  ['acmee', '; did you mean acme?'],
  ['ACME', '; did you mean acme?'],
  ['acme-corp', '; did you mean acme?'],
  ['ac', ''],
  ['elsewhere', ''],
  ['acme', ''],
])('a message on %s ends with %j', (word, end) => {
  expect(didYouMean(word, ['acme', 'b'])).toBe(end);
});
