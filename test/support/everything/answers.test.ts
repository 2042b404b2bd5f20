/** What the soak lets a command say, and what not. */
import { expect, test } from 'vitest';
import { judge } from './answers.ts';

const BEGAN = 1_000_000;
const LIVE = 'live';
const ENDED = 'ended';
const ends = new Map([
  [LIVE, BEGAN + 1],
  [ENDED, BEGAN - 1_001],
]);

function fault(line: string[], ran: { code: number | null; stdout?: string; stderr?: string }, wasOver = false): string {
  const answered = { line, ran: { stdout: '', stderr: '', ...ran }, began: BEGAN };
  return judge(answered, { wasOver, endOf: (token) => ends.get(token) }).fault ?? 'none';
}

const BUSY = 'Error: Another process has held it for 10 seconds\nHint: Run the command again in a moment\n';
const NOTICE = '! No agent can be started here; this command works without one\n';
const NO_PROGRAM = "node:fs:448\n\nError: ENOENT: no such file or directory, open '/x/installed-1/bin/beamd.js'\n    at x\n";
const NO_PART = NO_PROGRAM.replace('bin/beamd.js', 'dist/cli.cjs');
const asJson = (code: string): string => `${JSON.stringify({ error: { code, message: 'm' } })}\n`;

test.each([
  ['a live token', ['token'], { code: 0, stdout: `${LIVE}\n` }],
  ['a live token in JSON', ['token', '--json'], { code: 0, stdout: JSON.stringify({ access_token: LIVE }) }],
  ['a token past an agent', ['token'], { code: 0, stdout: `${LIVE}\n`, stderr: NOTICE }],
  ['an error and what to do', ['token'], { code: 1, stderr: BUSY }],
  ['the same after a notice', ['token'], { code: 5, stderr: NOTICE + BUSY }],
  ['an error as JSON', ['token', '--json'], { code: 5, stdout: asJson('timeout') }],
  ['Node’s own of a program that was not there yet', ['token', '--json'], { code: 1, stderr: NO_PROGRAM }],
  ['whatever another command prints', ['whoami'], { code: 0, stdout: 'x\n', stderr: 'y\n' }],
])('%s is right', (_, line, ran) => {
  expect(fault(line, ran)).toBe('none');
});

test.each([
  ['a token that ended', ['token'], { code: 0, stdout: `${ENDED}\n` }, 'a token that ended 1001 ms before'],
  ['a token of nobody', ['token'], { code: 0, stdout: 'none\n' }, 'a token that this server has not issued'],
  ['two lines', ['token'], { code: 0, stdout: `${LIVE}\n${LIVE}\n` }, 'something else than a token on stdout'],
  ['nothing', ['token'], { code: 0 }, 'something else than a token on stdout'],
  ['a stack', ['token'], { code: 1, stderr: 'node:internal/modules\n  at x\n' }, 'no error of ours'],
  ['the same of a part of it', ['token'], { code: 1, stderr: NO_PART }, 'no error of ours'],
  ['an error beside a token', ['token'], { code: 1, stdout: `${LIVE}\n`, stderr: BUSY }, 'no error of ours'],
  ['a code that is not the exit’s', ['token', '--json'], { code: 1, stdout: asJson('timeout') }, 'no error of ours'],
  ['no end', ['token'], { code: null }, 'it did not end in time'],
  ['wrong usage', ['token'], { code: 2, stderr: BUSY }, 'an error that does not belong here'],
  ['a session that is over', ['token'], { code: 4, stderr: BUSY }, 'an error that does not belong here'],
  [
    'a bug',
    ['whoami'],
    { code: 1, stderr: 'Error: Something went wrong inside the command\n' },
    'an error that nobody thought of',
  ],
])('%s is not', (_, line, ran, said) => {
  expect(fault(line, ran)).toBe(said);
});

test('a session that is known to be over may be said to be, and its last token is nobody’s', () => {
  expect(fault(['token'], { code: 4, stderr: BUSY }, true)).toBe('none');
  const status = { code: 4, stdout: JSON.stringify({ session: { state: 'ended' } }) };
  expect([fault(['status', '--json'], status, true), fault(['status', '--json'], status)]).toEqual([
    'none',
    'an error that does not belong here',
  ]);
  expect(fault(['token'], { code: 0, stdout: 'none\n' }, true)).toBe('none');
});
