import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printable } from '../../text.ts';
import { readBashLine, restForBash, type BashLine } from './bash-words.ts';

const there = spawnSync('bash', ['--version']).status === 0;

test.each<[line: string, read: BashLine]>([
  ['beamd ', { words: [], current: '', state: 'bare' }],
  ['beamd', { words: [], current: 'beamd', state: 'bare' }],
  ['A=1 B="2 3" /usr/bin/beamd  orgs\ta', { words: ['orgs'], current: 'a', state: 'bare' }],
  [`beamd a\\ b 'c d'"e f"g `, { words: ['a b', 'c de fg'], current: '', state: 'bare' }],
  [`beamd '' x"" `, { words: ['', 'x'], current: '', state: 'bare' }],
  [`beamd 'it`, { words: [], current: 'it', state: 'single' }],
  [`beamd x'it" `, { words: [], current: 'xit" ', state: 'single' }],
  [`beamd "a'b `, { words: [], current: "a'b ", state: 'double' }],
  [`beamd a\\`, { words: [], current: 'a', state: 'escape' }],
  [`beamd "a\\`, { words: [], current: 'a', state: 'double-escape' }],
  [`beamd "a\\b\\$ `, { words: [], current: 'a\\b$ ', state: 'double' }],
  ['beamd $HOME/`x', { words: [], current: '$HOME/`x', state: 'bare' }],
  ['', { words: [], current: '', state: 'bare' }],
])('%s', (line, read) => {
  expect(readBashLine(line)).toEqual(read);
});

const marks = fc.constantFrom(...Array.from(' \t\'"\\$`!*?[]{}()<>|&;#~=:@%^,./+-_aZ09ßü漢🙂\u00a0\u3000'));
const value = fc.oneof(
  fc.array(marks, { minLength: 1, maxLength: 12 }).map((all) => all.join('')),
  fc.string({ minLength: 1 }),
);
/** How a beginning was typed. */
const begins: readonly ((text: string) => string)[] = [
  (text) => quoted(text, 'bare'),
  (text) => `'${quoted(text, 'single')}`,
  (text) => `"${quoted(text, 'double')}`,
  (text) => `''${quoted(text, 'bare')}`,
  (text) => `${quoted(text, 'bare')}\\`,
  (text) => `"${quoted(text, 'double')}\\`,
];
const ENDS = { 'bare': '', 'single': "'", 'double': '"', 'escape': '', 'double-escape': '"' };

function quoted(text: string, state: BashLine['state']): string {
  return restForBash(text, { words: [], current: '', state }) ?? '';
}

test.skipIf(!there)('whatever a name is and however it was begun, bash reads the whole of it', () => {
  const names = value.map((text) => printable(text, Infinity)).filter((name) => name !== '');
  const samples = fc.sample(fc.tuple(names, fc.nat(), fc.constantFrom(...begins)), 2_000).flatMap(([name, at, begin]) => {
    // What is typed of a name ends between two characters, and not in the middle of one.
    const letters = Array.from(name);
    const begun = begin(letters.slice(0, at % (letters.length + 1)).join(''));
    const read = readBashLine(`beamd ${begun}`);
    const rest = restForBash(name, read);
    // Behind a backslash, not everything can follow; nor a line's end anywhere.
    if (rest === undefined) expect(read.state).toBe('double-escape');
    return rest === undefined || (rest === '' && read.state === 'escape')
      ? []
      : [{ name, line: begun + rest + ENDS[read.state] }];
  });
  expect(samples.length).toBeGreaterThan(1_000);
  // Were something not quoted, it should find no program.
  const script = `PATH=\n${samples.map(({ line }) => `printf '%s\\0' ${line}\n`).join('')}`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '--noprofile'], {
    input: script,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' },
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(stderr).toBe('');
  expect(stdout.split('\0').slice(0, -1)).toEqual(samples.map(({ name }) => name));
  // And so do we.
  expect(samples.map(({ line }) => readBashLine(`beamd ${line} `).words)).toEqual(samples.map(({ name }) => [name]));
});
