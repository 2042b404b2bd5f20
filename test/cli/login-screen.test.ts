/** The screen of a login on a terminal: what it shows, that Enter opens the page, and that it counts down in place. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startRunbeamCloud, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { until } from '../support/measure.ts';
import { startEdgeUser } from '../support/edge.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const keep = cleanup();

interface Seen {
  readonly terminal: Terminal;
  /** What a recording program was given. */
  readonly got: (program: string) => string | undefined;
}

/** Programs that write their first word, or their input, to a file beside them. */
const RECORDERS = ['see-page', 'xclip'];

/** Begins a login on a terminal of this size. */
function open(
  size: string,
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
  user: CliUser = keep(createCliUser()),
): Seen {
  const folder = join(user.root, 't');
  for (const name of RECORDERS) makeRecorder(join(folder, name));
  const [program, ...args] = command;
  const words = [...commandOf(program === 'runbeam' ? 'runbeam' : 'beamd'), ...args];
  const [columns, rows] = size.split('x');
  const line = `stty cols ${String(columns)} rows ${String(rows)}; ${quoted(words)}; echo "exit $?"`;
  const path = `${folder}${delimiter}${String(process.env['PATH'])}`;
  const terminal = keep(
    openTerminal(line, { cwd: user.work, env: { ...user.env, LANG: 'C.UTF-8', TERM: 'xterm-256color', ...env, PATH: path } }),
  );
  const got = (name: string): string | undefined => {
    const file = join(folder, `${name}.got`);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };
  return { terminal, got };
}

function makeRecorder(path: string): void {
  const record = `case $1 in http*) printf %s "$1" ;; *) cat ;; esac > '${path}.new'`;
  writeFileSync(path, `#!/bin/sh\n${record}\nmv '${path}.new' '${path}.got'\n`, { mode: 0o755 });
}

const CODE = /\b[B-Z]{4}-[B-Z]{4}\b/;
const codeOn = (terminal: Terminal): string => CODE.exec(terminal.shown())?.[0] ?? 'none';
const text = (shown: string): string => stripVTControlCharacters(shown).replaceAll('\r\n', '\n');

/** What stays on the terminal, from the title to what counts down below it. */
function screenOf(terminal: Terminal): string {
  const shown = text(terminal.shown());
  return shown.slice(shown.indexOf('Log in to '), shown.indexOf('\n\n⠋'));
}

test('one screen: the host, the page, the code in a box, and a countdown in place', async () => {
  const edge = keep(await startBeamAuthEdge());
  const { terminal } = open('60x20', ['beamd', 'login', '--server', edge.origin]);
  await terminal.waitFor(/9:5\d left/);
  const code = codeOn(terminal);
  expect(screenOf(terminal)).toBe(
    `Log in to ${edge.origin}

Open this page:
  ${edge.origin}/device

and enter the code:
  ╭───────────────╮
  │   ${code}   │
  ╰───────────────╯

or open this one and compare the code:
  ${edge.origin}/device?user_code=${code}

! Never enter a code that someone sent you.`,
  );
  // Nothing scrolls while it counts.
  const screen = text(terminal.shown());
  expect(screen.slice(screen.indexOf('\n\n⠋') + 2)).not.toContain('\n');
  await edge.approve(code);
  await terminal.waitFor(/exit 0/);
  const shown = text(terminal.shown());
  expect(shown.slice(shown.indexOf('✓'))).toBe(
    `✓ Logged in to ${edge.origin} as alice@example.com
Default org alice; others: acme, widgets
It is now the current server
Next:
  beamd exec -- COMMAND  run a program with your token
  beamd default ORG      make another org the default
exit 0
`,
  );
});

test('Enter opens the page, and nothing before', async () => {
  const edge = keep(await startBeamAuthEdge());
  const seen = open('60x24', ['beamd', 'login', '--server', edge.origin], { BEAMD_BROWSER: 'see-page' });
  const { terminal } = seen;
  const opened = (): string | undefined => seen.got('see-page');
  await terminal.waitFor(/Press Enter to open the page in a browser/);
  await terminal.waitFor(/9:5\d left/);
  expect(opened()).toBeUndefined();
  terminal.type('\r');
  await until(() => opened() !== undefined);
  expect(opened()).toBe(`${edge.origin}/device?user_code=${codeOn(terminal)}`);
  await terminal.waitFor(/Opened\. Waiting for approval, 9:5\d left/);
  await edge.approve(codeOn(terminal));
  await terminal.waitFor(/exit 0/);
});

test('without a browser Enter is not offered, and with --browser it opens at once', async () => {
  const edge = keep(await startBeamAuthEdge());
  const none = open('60x24', ['beamd', 'login', '--server', edge.origin, '--no-browser'], { BEAMD_BROWSER: 'see-page' });
  await none.terminal.waitFor(/left/);
  expect(none.terminal.shown()).not.toContain('Enter to');
  const atOnce = open('60x24', ['beamd', 'login', '--server', edge.origin, '--browser'], { BEAMD_BROWSER: 'see-page' });
  await until(() => atOnce.got('see-page') !== undefined);
  expect(atOnce.terminal.shown()).not.toContain('Enter to');
});

test('a QR code where there is room, and where it is wanted', async () => {
  const edge = keep(await startBeamAuthEdge());
  const shows = async (size: string, ...flags: string[]): Promise<boolean> => {
    const { terminal } = open(size, ['beamd', 'login', '--server', edge.origin, ...flags]);
    await terminal.waitFor(/left/);
    return terminal.shown().includes('▀▄');
  };
  expect([await shows('80x50'), await shows('80x24'), await shows('30x50')]).toEqual([true, false, false]);
  expect([await shows('80x50', '--no-qr'), await shows('80x24', '--qr')]).toEqual([false, true]);
});

test('--copy gives the code to the clipboard of the screen, and over SSH to the terminal', async () => {
  const edge = keep(await startBeamAuthEdge());
  const { terminal, got } = open('60x24', ['beamd', 'login', '--server', edge.origin, '--copy'], { DISPLAY: ':77' });
  await terminal.waitFor(/The code is in the clipboard/);
  expect(got('xclip')).toBe(codeOn(terminal));
  const remote = open('60x24', ['beamd', 'login', '--server', edge.origin, '--copy'], { SSH_CONNECTION: '::1 1 ::1 2' });
  await remote.terminal.waitFor(/was given to the terminal/);
  const code = Buffer.from(codeOn(remote.terminal)).toString('base64');
  expect(remote.terminal.shown()).toContain(`\u001b]52;c;${code}\u0007`);
});

test('what keeps the server is said while it lasts', async () => {
  const edge = keep(await startBeamAuthEdge());
  edge.faults.next('POST /token', { status: 503, times: 2 });
  const { terminal } = open('70x24', ['beamd', 'login', '--server', edge.origin]);
  await terminal.waitFor(/is in trouble, 9:5\d left/);
  await edge.approve(codeOn(terminal));
  await terminal.waitFor(/exit 0/);
});

test('a code that expired is followed by another one at Enter, and Ctrl-C leaves it', async () => {
  const edge = keep(await startBeamAuthEdge());
  edge.faults.next('POST /token', { status: 400, json: { error: 'expired_token' } });
  const { terminal } = open('60x40', ['beamd', 'login', '--server', edge.origin]);
  await terminal.waitFor(/The code has expired\.\r\nPress Enter for another one/);
  const first = codeOn(terminal);
  terminal.type('\r');
  await terminal.waitFor(/another one[^]*enter the code[^]*left/);
  const second = CODE.exec(terminal.shown().slice(terminal.shown().indexOf('another one')))?.[0] ?? 'none';
  expect(second).not.toBe(first);
  await edge.approve(second);
  await terminal.waitFor(/exit 0/);
  edge.faults.next('POST /token', { status: 400, json: { error: 'expired_token' } });
  const left = open('60x40', ['beamd', 'login', '--server', edge.origin]);
  await left.terminal.waitFor(/Press Enter for another one/);
  // The shell that waits hears Ctrl-C too.
  left.terminal.type('\u0003');
  await left.terminal.waitFor(/Interrupted: the login was not finished, and nothing was[^]*saved[^]*Run: beamd login --server /);
});

test('who is replaced is said before anything is approved', async () => {
  const { edge, user } = await startEdgeUser(keep);
  const { terminal } = open('60x24', ['beamd', 'login', '--server', edge.origin], {}, user);
  await terminal.waitFor(/left/);
  expect(screenOf(terminal)).toMatch(/^Log in to \S+\nThis replaces the login of alice@example\.com\n\nOpen this page:\n/);
});

test('runbeam login has the same screen', async () => {
  const cloud = keep(await startRunbeamCloud());
  const { terminal } = open('60x20', ['runbeam', 'login'], { RUNBEAM_API_URL: cloud.origin, NO_COLOR: '1' });
  await terminal.waitFor(/9:5\d left/);
  const [url = ''] = /http\S+code=[A-Z-]+/.exec(terminal.shown()) ?? [];
  expect(screenOf(terminal)).toBe(
    `Log in to Runbeam Cloud at ${cloud.origin}\n\nOpen this page:\n  ${url}\n\n! Never enter a code that someone sent you.`,
  );
  await cloud.approve(url);
  await terminal.waitFor(/exit 0/);
  const shown = text(terminal.shown());
  expect(shown.slice(shown.indexOf('Next:'))).toBe(
    `Next:
  runbeam harmony:add -l LABEL
    register a gateway
  runbeam harmony:authorize -l LABEL
    give it a machine token
exit 0
`,
  );
});

test('in a pipe: plain lines, what is waited for, and what scripts use instead', async () => {
  const edge: BeamAuthEdge = keep(await startBeamAuthEdge());
  edge.faults.next('POST /token', { status: 503, times: 1 });
  const user = keep(createCliUser());
  const login = user.start('beamd', ['login', '--server', edge.origin]);
  const [, code = ''] = await login.waitFor(/enter the code (\S+)\n/);
  await login.waitFor(/in trouble/);
  await edge.approve(code);
  expect((await login.done).stderr).toBe(
    `Open ${edge.origin}/device in a browser
and enter the code ${code}
or open ${edge.origin}/device?user_code=${code} and compare the code
! Never enter a code that someone sent you.
Waiting for approval, for 10 min at most
Hint: where nobody can approve, use an API key: beamd --config FILE
${edge.origin} is in trouble; still waiting
`,
  );
});
