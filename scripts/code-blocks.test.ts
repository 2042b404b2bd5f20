/** Every piece of code in the documents is run or read by something, and names only commands, flags and arguments that there are. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseToml } from 'smol-toml';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { blocksOf, commandsIn, inlineCommands, problemOf, typedIn, type Block } from './code-blocks.ts';
import { writtenManifest } from './manifest.ts';
import { ROOT } from './repository.ts';

/** Tells of what was, too. */
const HISTORY = /^(?:CHANGELOG|docs\/performance|docs\/decisions\/.*)\.md$/;

interface PageBlock extends Block {
  readonly page: string;
}

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
].filter((name) => name.endsWith('.md'));
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');
const blocks: PageBlock[] = pages.flatMap((page) => blocksOf(read(page)).map((block) => ({ page, ...block })));
const manifest = writtenManifest();

/** Who looks at the code of a language that nothing here reads: the file of the test, and on which pages. */
const ELSEWHERE: Readonly<Record<string, readonly [test: string, pages: RegExp]>> = {
  ts: ['test/sdk/examples.test.ts', /^(?:README|docs\/sdk\/\w+|docs\/guides\/embedding)\.md$/],
  python: ['test/interop/socket-examples.test.ts', /^docs\/protocol\.md$/],
  go: ['test/interop/socket-examples.test.ts', /^docs\/protocol\.md$/],
  rust: ['test/interop/socket-examples.test.ts', /^docs\/protocol\.md$/],
};

/** What nobody runs, and why. */
const UNREAD: Readonly<Record<string, string>> = {
  text: 'no code: what is printed, sent or laid out',
  mermaid: 'drawn by the site and by forges, from their own grammar',
  ini: 'units of systemd, which is not on every machine, and settings of git, which a test of the guide writes',
  crontab: 'a time and a command; the command is looked at below',
};

/** Told about, and not there: one that people do not type, examples of what is added, and what is not built. */
const NOT_THERE: readonly string[] = ['beamd __complete', 'beamd foo', 'runbeam foo:bar', 'runbeam harmony:install'];

const inShell = (language: string): boolean => ['sh', 'session', 'crontab'].includes(language);

/** The shell of a block. */
function shellOf({ language, code }: Block): string {
  if (language === 'session') return typedIn(code);
  return language === 'crontab' ? code.replaceAll(/^(?:\S+\s+){5}/gm, '') : code;
}

test('what stands in a fence is run or read by something', () => {
  const read = new Set(['sh', 'session', 'yaml', 'json', 'toml', ...Object.keys(ELSEWHERE), ...Object.keys(UNREAD)]);
  expect(blocks.length).toBeGreaterThan(250);
  expect(blocks.filter(({ language }) => !read.has(language))).toEqual([]);
  const unseen = blocks.filter(({ page, language }) => ELSEWHERE[language]?.[1].test(page) === false);
  expect(unseen).toEqual([]);
  expect(Object.values(ELSEWHERE).filter(([test]) => !existsSync(join(ROOT, test)))).toEqual([]);
});

test('what is for a shell is one that a shell can read', () => {
  const broken = pages.flatMap((page) => {
    const own = blocks.filter((block) => block.page === page && inShell(block.language));
    // All of a page at once, a function each, so that one that ends in the middle does not hide in the next.
    const script = own.map((block, index) => `part_${String(index)}() {\n:\n${shellOf(block)}\n}\n`).join('');
    const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
    return status === 0 ? [] : [{ page, stderr, lines: script.split('\n').length }];
  });
  expect(broken).toEqual([]);
});

test('yaml is yaml, json is json, and toml is toml', () => {
  const problems = blocks.flatMap(({ page, language, code }) => {
    const parse = PARSERS[language];
    if (parse !== undefined) return problemsOf(parse, code).map((problem) => ({ page, problem }));
    if (language !== 'yaml') return [];
    return parseAllDocuments(code).flatMap(({ errors }) => errors.map(({ message }) => ({ page, problem: message })));
  });
  expect(problems).toEqual([]);
});

const PARSERS: Readonly<Record<string, (code: string) => unknown>> = { json: JSON.parse, toml: parseToml };

function problemsOf(parse: (code: string) => unknown, code: string): string[] {
  try {
    parse(code);
    return [];
  } catch (error) {
    return [String(error)];
  }
}

test('every command of ours in a fence is there, with its flags and arguments', () => {
  const typed = blocks
    .filter(({ page, language }) => inShell(language) && !page.startsWith('docs/commands/') && !HISTORY.test(page))
    .flatMap((block) => commandsIn(shellOf(block)).map((command) => ({ page: block.page, ...command })));
  expect(typed.length).toBeGreaterThan(100);
  expect(wrong(typed)).toEqual([]);
});

test('every command of ours in a sentence is there, with its flags and arguments', () => {
  const named = pages
    .filter((page) => !HISTORY.test(page))
    .flatMap((page) => inlineCommands(read(page)).flatMap((text) => commandsIn(text).map((command) => ({ page, ...command }))));
  expect(named.length).toBeGreaterThan(200);
  expect(wrong(named.filter(({ bin, words }) => !NOT_THERE.includes([bin, ...words].join(' '))))).toEqual([]);
});

test('every command of ours in a workflow is there, with its flags and arguments', () => {
  const lines = blocks
    .filter(({ language }) => language === 'yaml')
    .flatMap(({ page, code }) =>
      [...code.matchAll(/^\s*- (?:run: )?(.*\b(?:beamd|runbeam) .*)$/gm)].map((match) => ({ page, line: match[1] ?? '' })),
    );
  const typed = lines.flatMap(({ page, line }) =>
    commandsIn(line.replace(/^npx .*@beamd\/cli /, '')).map((command) => ({ page, ...command })),
  );
  expect(typed.length).toBeGreaterThan(5);
  expect(wrong(typed)).toEqual([]);
});

function wrong(typed: readonly { page: string; bin: 'beamd' | 'runbeam'; words: string[] }[]): unknown[] {
  return typed.flatMap(({ page, bin, words }) => {
    const problem = problemOf(bin, words, manifest);
    return problem === undefined ? [] : [{ page, line: [bin, ...words].join(' '), problem }];
  });
}

test('what is not there is told', () => {
  const problems = [
    'beamd nosuch',
    'beamd login --sever x',
    'beamd switch a b',
    'runbeam login --storage cupboard',
    'runbeam harmony:info -l',
    'beamd help nosuch',
    'beamd help error nosuch',
  ].map((line) => wrong(commandsIn(line).map((command) => ({ page: 'a.md', ...command }))));
  expect(problems).toEqual([
    [{ page: 'a.md', line: 'beamd nosuch', problem: 'no command nosuch' }],
    [{ page: 'a.md', line: 'beamd login --sever x', problem: 'no flag --sever' }],
    [{ page: 'a.md', line: 'beamd switch a b', problem: 'no argument for b' }],
    [{ page: 'a.md', line: 'runbeam login --storage cupboard', problem: '--storage takes no cupboard' }],
    [{ page: 'a.md', line: 'runbeam harmony:info -l', problem: 'no value for -l' }],
    [{ page: 'a.md', line: 'beamd help nosuch', problem: 'no help on nosuch' }],
    [{ page: 'a.md', line: 'beamd help error nosuch', problem: 'no help on error nosuch' }],
  ]);
  expect(commandsIn('A=1 beamd exec -- beamd token | x; (runbeam list) && echo "$(beamd token)" # beamd nope')).toEqual([
    { bin: 'beamd', words: ['exec', '--', 'beamd', 'token'] },
    { bin: 'runbeam', words: ['list'] },
    { bin: 'beamd', words: ['token'] },
  ]);
});
