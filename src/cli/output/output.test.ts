import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { failure } from '../../errors.testing.ts';
import { createOutput, setTelling, telling } from './output.ts';
import { reportError, toBeamError } from './report-error.ts';
import { BeamError, EXIT_CODES, type ErrorCode } from '../../errors.ts';
import { ownPrograms } from '../../programs.ts';
import type { Bin } from '../routing/manifest.ts';

interface Sink {
  readonly stream: Writable;
  text(): string;
}

/** A stream that is no terminal, as a pipe or a file is. */
function sink(write?: (callback: (error: Error) => void) => void): Sink {
  const chunks: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, callback) {
      chunks.push(chunk.toString());
      if (write === undefined) callback();
      else write(callback);
    },
  });
  return { stream, text: () => chunks.join('') };
}

function failing(code: string): Sink {
  return sink((callback) => callback(Object.assign(new Error('it failed'), { code })));
}

test('results go to stdout, notes to stderr', async () => {
  const [stdout, stderr] = [sink(), sink()];
  const output = createOutput({ stdout: stdout.stream, stderr: stderr.stream }, {});
  output.result('one');
  output.note('two');
  await output.flush();
  expect([stdout.text(), stderr.text(), output.interactive]).toEqual(['one\n', 'two\n', false]);
});

test.each([
  [{ isTTY: true, columns: 80 }, {}, true],
  [{ isTTY: true, columns: 0 }, {}, false],
  [{ isTTY: true, columns: 80 }, { TERM: 'dumb' }, false],
  [{}, {}, false],
])('somebody watches %o with %o: %s', (terminal, env, wanted) => {
  const stderr = Object.assign(sink().stream, terminal);
  expect(createOutput({ stdout: sink().stream, stderr }, env).interactive).toBe(wanted);
});

test.each([
  [{ LANG: 'C.UTF-8' }, true],
  [{ LANG: 'en_US.ISO-8859-1' }, false],
])('what is marked follows %j', (env, unicode) => {
  const output = createOutput({ stdout: sink().stream, stderr: sink().stream }, env);
  expect([output.style.unicode, output.errorStyle.unicode]).toEqual([unicode, unicode]);
});

test('a reader that went away is no error', async () => {
  const [stdout, stderr] = [failing('EPIPE'), sink()];
  const output = createOutput({ stdout: stdout.stream, stderr: stderr.stream }, {});
  output.result('one');
  await output.flush();
  output.result('two');
  await output.flush();
  expect(stdout.text()).toBe('one\n');
});

test('a full disk under stdout is one', async () => {
  const output = createOutput({ stdout: failing('ENOSPC').stream, stderr: sink().stream }, {});
  output.result('one');
  expect((await failure(() => output.flush())).code).toBe('storage_full');
});

function reported(error: unknown, json: boolean, bin: Bin = 'beamd'): { code: number; stdout: string; stderr: string } {
  const [stdout, stderr] = [sink(), sink()];
  const code = reportError(error, bin, createOutput({ stdout: stdout.stream, stderr: stderr.stream }, {}), json);
  return { code, stdout: stdout.text(), stderr: stderr.text() };
}

test('an error is a message and what to run', () => {
  const error = new BeamError('login_required', 'You are not logged in', { hint: { command: 'beamd login' } });
  expect(reported(error, false)).toEqual({ code: 4, stdout: '', stderr: 'Error: You are not logged in\nRun: beamd login\n' });
  expect(reported(error, true)).toEqual({
    code: 4,
    stdout: `${JSON.stringify({ error: { code: 'login_required', message: 'You are not logged in', hint: 'beamd login' } }, null, 2)}\n`,
    stderr: '',
  });
});

test.each([
  [{ command: 'beamd login' }, 'Run: beamd login'],
  [{ command: 'ls -ld /x' }, 'Run: ls -ld /x'],
  [{ text: 'Use https://x' }, 'Hint: Use https://x'],
])('the hint %j is printed as %j', (hint, line) => {
  expect(reported(new BeamError('failed', 'm', { hint }), false).stderr).toBe(`Error: m\n${line}\n`);
});

test.each<[line: string, error: BeamError, lines: string]>([
  [
    'no next step but a usual one in words',
    new BeamError('timeout', 'm'),
    'Hint: Try again in a moment\nHelp: runbeam help error timeout\n',
  ],
  ['no next step at all', new BeamError('bad_file', 'm'), 'Help: runbeam help error bad_file\n'],
  ['a usual command', new BeamError('network', 'm'), 'Run: runbeam doctor\n'],
  ['words of its own', new BeamError('timeout', 'm', { hint: { text: 'Do' } }), 'Hint: Do\n'],
  ['nothing to explain', new BeamError('interrupted', 'm'), ''],
])('an error with %s leads to what explains it, where it must', (_, error, lines) => {
  expect(reported(error, false, 'runbeam').stderr).toBe(`${error.code === 'interrupted' ? '' : 'Error: '}m\n${lines}`);
  expect(reported(error, true, 'runbeam').stdout).not.toContain('help error');
});

test('who wants to be told more is led to what explains it, whatever the error', () => {
  const usual = telling();
  setTelling({ ...usual, steps: true });
  const stderr = [new BeamError('network', 'm'), new BeamError('usage', 'm')].map((error) => reported(error, false).stderr);
  setTelling(usual);
  expect(stderr).toEqual(['Error: m\nRun: beamd doctor\nHelp: beamd help error network\n', 'Error: m\n']);
});

test.each(Object.entries(EXIT_CODES))('%s ends with %i', (code, exit) => {
  const known = Object.keys(EXIT_CODES).find((one): one is keyof typeof EXIT_CODES => one === code);
  expect(reported(new BeamError(known ?? 'failed', 'm'), false).code).toBe(exit);
});

test.each([
  { code: 'MODULE_NOT_FOUND' },
  { code: 'ERR_MODULE_NOT_FOUND' },
  { code: 'ENOENT', path: join(dirname(ownPrograms().agent.script ?? ''), 'part.cjs') },
])('a part of the program that is gone (%j) is an update', (fields) => {
  const error = Object.assign(new Error('Cannot find module /x'), fields);
  expect(reported(error, false)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'Error: This program was replaced or removed while it ran\nHint: Run the command again\n',
  });
});

test('any other file that is not there is none', () => {
  const error = Object.assign(new Error('ENOENT'), { code: 'ENOENT', path: '/elsewhere/part.cjs' });
  expect(toBeamError(error).message).toBe('Something went wrong inside the command; this is a bug');
});

test('what a library says is not printed', () => {
  const error = toBeamError(new Error('token abc'));
  expect(error.toJSON()).toEqual({
    code: 'failed',
    message: 'Something went wrong inside the command; this is a bug',
    hint: 'Try again, and report it if it stays',
  });
  expect(reported(new Error('token abc'), false).stderr).not.toContain('abc');
});

test('an error without a next step gets the usual one of its kind, of the program that failed', () => {
  const said = (code: ErrorCode, bin: Bin): string => reported(new BeamError(code, 'm'), false, bin).stderr;
  expect(said('network', 'beamd')).toBe('Error: m\nRun: beamd doctor\n');
  expect(said('network', 'runbeam')).toBe('Error: m\nRun: runbeam doctor\n');
  expect(said('server_error', 'beamd')).toBe('Error: m\nHint: Try again in a moment\nHelp: beamd help error server_error\n');
  expect(said('interrupted', 'beamd')).toBe('m\n');
  expect(JSON.parse(reported(new BeamError('token_rejected', 'm'), true, 'runbeam').stdout)).toEqual({
    error: { code: 'token_rejected', message: 'm', hint: 'runbeam login' },
  });
  const own = new BeamError('network', 'm', { hint: { text: 'Look' } });
  expect(reported(own, false).stderr).toBe('Error: m\nHint: Look\n');
});
