/** What is asked and waited for on a terminal, and what came of it, as people see it: at three widths, and in ASCII alone. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'fast-string-width';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBeamAuthEdge, startHarmony, startRunbeamCloud, type BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { commandOf, createCliUser, quoted, type CliUser } from '../support/cli-user.ts';
import { logInToCloud, succeeded } from '../support/login.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';
import { writeAccount } from '../support/written-accounts.ts';

const keep = cleanup(afterAll);
let user: CliUser;
let edge: BeamAuthEdge;
/** What differs between two runs, and what stands for it. */
const changes: [what: RegExp | string, by: string][] = [
  [/\b[B-Z]{4}-[B-Z]{4}\b/g, 'BCDF-GHJK'],
  [/\b\d{4}-\d\d-\d\d\b/g, '2027-01-15'],
  [/\b\d\d:\d\d\b/g, '08:00'],
  [/\b[0-9a-f]{8}\b/g, 'xxxxxxxx'],
  [/\r+\n/g, '\n'],
];

beforeAll(async () => {
  edge = keep(await startBeamAuthEdge());
  const cloud = keep(await startRunbeamCloud());
  const gateway = keep(await startHarmony({ version: '0.12', cloud: cloud.origin }));
  user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  for (const { port } of [edge, cloud, gateway]) changes.push([`:${port}`, `:${'8'.repeat(String(port).length)}`]);
  writeAccount(user, 'edge.example.com', { user: 'alice@example.com', scopes: ['alice', 'acme', 'widgets'] });
  await logInToCloud(user, cloud);
  succeeded(await user.runbeam('harmony:add', `127.0.0.1:${String(gateway.port)}`, '-l', 'gw'));
});

const ESCAPE = '\u001b';
const INTERRUPT = '\u0003';

interface Picture {
  readonly line: () => string;
  /** What is typed, and what it has shown before. */
  readonly typed?: readonly [seen: RegExp, keys: string];
  /** The end of what it shows. */
  readonly end: RegExp;
  /** Default: one that can draw. On a dumb one nothing says what it waits for, which only a slow machine would show. */
  readonly term?: string;
  /** Where what it shows begins to be a picture: a list was drawn anew, a line counts down. */
  readonly cut?: (text: string) => string;
}

const PICTURES: readonly Picture[] = [
  {
    line: () => 'beamd link',
    typed: [/> [^]*Type to filter;/, ESCAPE],
    end: /Nothing was chosen\r\n[^]*command\s+line\r\n/,
    // The last of its frames; what was written over is not told from what was not.
    cut: (text) => text.slice(text.lastIndexOf('? ')).replace('leavesError', 'leaves\nError'),
  },
  { line: () => 'runbeam harmony:authorize -l gw -y', term: 'dumb', end: /ended\r\n$/ },
  { line: () => 'runbeam harmony:authorize -l gw', typed: [/\[y\/N\] $/, 'n\r'], term: 'dumb', end: /ended\r\n$/ },
  {
    line: () => `beamd login --server ${edge.origin} --no-qr`,
    typed: [/\d left/, INTERRUPT],
    end: /begun\r\n/,
    // Which of its frames is drawn, and how often, is chance.
    cut: (text) =>
      text.slice(text.indexOf('Log in to')).replace(/\n\n?\S Waiting for approval, [^]*? left[^]*?(?=Interrupted|$)/u, '\n'),
  },
];

async function shownAt(columns: number, env: Readonly<Record<string, string>>): Promise<string> {
  const parts: string[] = [];
  for (const { line, typed, end, term = 'xterm-256color', cut } of PICTURES) {
    const [bin = '', ...words] = line().split(' ');
    const command = quoted([...commandOf(bin === 'runbeam' ? 'runbeam' : 'beamd'), ...words]);
    const options = { cwd: user.work, env: { ...user.env, TERM: term, NO_COLOR: '1', ...env }, columns };
    const terminal: Terminal = openTerminal(`${command}; echo ended`, options);
    try {
      if (typed !== undefined) {
        await terminal.waitFor(typed[0]);
        terminal.type(typed[1]);
      }
      await terminal.waitFor(end);
      let text = stripVTControlCharacters(terminal.shown());
      for (const [what, by] of changes) text = text.replaceAll(what, by);
      parts.push(`$ ${line().replace(edge.origin, 'EDGE')}\n${(cut?.(text) ?? text).replace(/ended\n$/, '').trimEnd()}\n`);
    } finally {
      await terminal.close();
    }
    rmSync(join(user.work, '.beamd'), { force: true });
  }
  return parts.join('\n');
}

/** What is there to be copied stays whole. */
const COPIED = /^\s*\$ |^Run: |:\/\/|^\s*\S*$/;

test.each([
  ['UTF-8', { LC_ALL: 'C.UTF-8' }],
  ['ASCII', { LC_ALL: 'C' }],
] as const)('in %s', async (name, env) => {
  const first = user.start('beamd', ['login', '--server', edge.origin]);
  await first.waitFor(/Waiting for approval/);
  for (const columns of [100, 60, 40]) {
    const shown = await shownAt(columns, env);
    const wide = shown.split('\n').filter((line) => stringWidth(line) > columns && !COPIED.test(line));
    expect({ columns, wide }).toEqual({ columns, wide: [] });
    if (name === 'ASCII') expect(shown).toMatch(/^[\n -~]*$/);
    await expect(shown).toMatchFileSnapshot(`screens/attended-${name}-${String(columns)}.txt`);
  }
  first.kill('SIGINT');
  await first.done;
});
