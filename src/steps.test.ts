import { afterEach, expect, test } from 'vitest';
import { isListening, listenToSteps, longStep, step } from './steps.ts';

let told: string[] = [];

afterEach(() => {
  told = [];
});

test('nothing is told while nobody listens, and all of it once somebody does', async () => {
  expect([step('read a', () => 1), await longStep('ask b', async () => 2), isListening()]).toEqual([1, 2, false]);
  listenToSteps((what, ms) => {
    expect(ms).toBeGreaterThanOrEqual(0);
    told.push(what);
  });
  expect(isListening()).toBe(true);
  expect(step('read a', () => 1, { done: String })).toBe(1);
  expect(await longStep('ask b', async () => 2)).toBe(2);
  const broken = (): never => {
    throw new Error('a secret');
  };
  expect(() => step('read c', broken)).toThrow('a secret');
  await expect(longStep('ask d', async () => broken(), { failed: 'no answer' })).rejects.toThrow('a secret');
  expect(told).toEqual(['read a: 1', 'ask b', 'read c: failed', 'ask d: no answer']);
});
