/** The walk of a new user, as CONTRIBUTING.md has it: each command stands on a screen before it is typed. */
import { readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { writeConfig } from '../support/files.ts';
import { withPrograms } from '../support/shell.ts';
import { openTerminal, type Terminal } from '../support/terminal.ts';

const keep = cleanup();

/** A row of the table. */
interface Step {
  readonly typed: string;
  /** What is seen, as the document says it. */
  readonly seen: string;
}

function stepsOf(document: string): Step[] {
  const section = /^## The walk of a new user$(.*?)^## /msu.exec(document)?.[1] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \| (.+) \|$/gmu)].map(([, typed = '', seen = '']) => ({ typed, seen }));
}

interface Screen {
  readonly text: string;
  readonly code: number;
}

/** What the walk asks a newcomer, and what one answers who wants nothing more. */
const QUESTION = /\? \S*y\/N\S* $/;

/** A shell that says after each line how it ended. */
function openWalk(terminal: Terminal): (line: string) => Promise<Screen> {
  let lines = 0;
  return async (line) => {
    lines += 1;
    const end = new RegExp(`^walked-${String(lines)}-(\\d+)\r$`, 'mu');
    const from = terminal.shown().length;
    terminal.type(`${line}; printf '\\nwalked-%s-%s\\n' ${String(lines)} $?\n`);
    const since = (): string => stripVTControlCharacters(terminal.shown().slice(from));
    await terminal.waitFor(() => end.test(since()) || QUESTION.test(since()));
    if (!end.test(since())) terminal.type('\n');
    await terminal.waitFor(() => end.test(since()));
    const [before = '', code] = since().split(end);
    // What was typed is no screen.
    return { text: before.slice(before.indexOf('\n') + 1).replaceAll('\r\n', '\n'), code: Number(code) };
  };
}

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The words of a line that a newcomer cannot make up: all but the values of flags. */
const fixedWords = (typed: string): string[] =>
  typed.split(' ').filter((word, index, all) => word.startsWith('-') || !(all[index - 1] ?? '').startsWith('-'));

/** Whether a line stands on one of the screens, with whatever values; or its command in the list of its program's first screen. */
function stood(typed: string, screens: ReadonlyMap<string, string>): boolean {
  const [program = '', ...rest] = fixedWords(typed);
  if (rest.length === 0) return true;
  const whole = new RegExp(`(?:^|\\s)${[program, ...rest].map(escaped).join('(?: \\S+)*? ')}(?!\\S)`, 'mu');
  const listed = new RegExp(`^  ${escaped(rest.join(' '))}  +[A-Z]`, 'mu');
  return [...screens.values()].some((text) => whole.test(text)) || listed.test(screens.get(program) ?? '');
}

/** What a cell of the document puts between backquotes, as a pattern. */
const patternsIn = (seen: string): RegExp[] =>
  [...seen.matchAll(/`([^`]+)`/gu)].map(([, quoted = '']) => new RegExp(escaped(quoted).replaceAll('…', '\\S+'), 'u'));

test('takes no guess: each command stood on a screen before it is typed, and shows what the document says', async () => {
  const options = { autoApprove: true };
  const sandbox = keep(await startSandbox({ beamAuth: options, cloud: options }));
  const user = keep(createCliUser());
  writeConfig(user, 'app.yaml', { server: sandbox.beamAuth.origin, token: sandbox.beamAuth.apiKey });
  const env = {
    ...withPrograms(user),
    ...{ PS1: '$ ', TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', NO_COLOR: '1' },
    ...{ BEAMD_DEFAULT_HOST: sandbox.beamAuth.origin, RUNBEAM_API_URL: sandbox.cloud.origin },
  };
  const walk = openWalk(keep(openTerminal('sh', { cwd: user.work, env, columns: 80 })));
  const { host, port } = sandbox.harmony;
  const screens = new Map<string, string>();
  const steps = stepsOf(readFileSync('CONTRIBUTING.md', 'utf8'));
  expect(steps.length).toBeGreaterThan(10);
  const found: unknown[] = [];
  const wanted: unknown[] = [];
  for (const { typed, seen } of steps) {
    const isKnown = stood(typed, screens);
    const { text, code } = await walk(typed.replace('-i …', `-i ${host}`).replace('-p …', `-p ${port}`));
    screens.set(typed, text);
    const all = [...screens.values()].join('\n');
    found.push({ typed, stood: isKnown, code, missing: patternsIn(seen).filter((pattern) => !pattern.test(all)) });
    wanted.push({ typed, stood: true, code: Number(/exit (\d+)/.exec(seen)?.[1] ?? 0), missing: [] });
  }
  expect(found).toEqual(wanted);
});
