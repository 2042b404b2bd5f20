import { expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { runChild } from './run-child.ts';

const node = (script: string): string[] => [process.execPath, '-e', script];

test('the exit code is passed on, and the environment is what was given', async () => {
  expect(await runChild(node('process.exit(Number(process.env.CODE) + Object.keys(process.env).length)'), { CODE: '41' })).toBe(
    42,
  );
});

test('one that a signal ended gives 128 and its number', async () => {
  expect(await runChild(node("process.kill(process.pid, 'SIGKILL')"), {})).toBe(137);
});

test('signals are forwarded, and nothing listens afterwards', async () => {
  const before = process.listenerCount('SIGTERM');
  // The child asks its parent to end; the parent hands the signal on.
  const script =
    "process.on('SIGTERM', () => process.exit(3)); process.kill(process.ppid, 'SIGTERM'); setTimeout(() => {}, 20000);";
  expect(await runChild(node(script), {})).toBe(3);
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

test('a program that does not exist', async () => {
  const missing = (program: string): Promise<unknown> => failure(() => runChild([program], {}));
  expect(await missing('/nowhere/at-all')).toEqual({
    code: 'program_not_found',
    message: 'There is no program /nowhere/at-all',
    hint: { text: 'Check the path' },
  });
  expect(await missing('nowhere-at-all')).toEqual({
    code: 'program_not_found',
    message: 'There is no program nowhere-at-all',
    hint: { text: 'Check the name, and that its folder is in PATH' },
  });
});
