/** Answers the completion scripts of `scripts.ts`: what may stand where the cursor is. One start of the program for each Tab. */
import { setTelling, processOutput } from '../output/output.ts';
import { createContext } from '../command/context.ts';
import { runGuarded } from '../command/run-guarded.ts';
import { USUAL } from '../routing/argv.ts';
import { ownManifest, type Bin } from '../routing/manifest.ts';
import { readStdin } from '../terminal/input.ts';
import { readBashLine, restForBash } from './bash-words.ts';
import { knownNames } from './names.ts';
import { isShell, type Shell } from './scripts.ts';
import { suggest, type Item, type Suggestion } from './suggest.ts';

/**
 * Prints what fits: `files`, for which the shell has its own ways, or `words` and then a line for each. What was typed comes
 * on standard input, each piece with a NUL at its end: it may hold a secret, and arguments can be seen by others.
 */
export async function runCompletion(bin: Bin, shell: string | undefined): Promise<never> {
  return runGuarded(bin, [], async () => {
    if (shell === undefined || !isShell(shell) || process.stdin.isTTY) return 2;
    // Nobody reads warnings between two keys.
    setTelling({ ...USUAL, quiet: true });
    const typed = (await readStdin()).split('\0').slice(0, -1);
    processOutput().result((await ANSWERS[shell](bin, typed)).join('\n'));
    return 0;
  });
}

type Answer = (bin: Bin, typed: readonly string[]) => Promise<string[]>;

const FILES = ['files'];

/** What in bash has a file behind it. */
const REDIRECTION = /^(?:\d*|&)(?:>>?|<|>\||<>|>&)$/u;

const ANSWERS: Readonly<Record<Shell, Answer>> = {
  bash: async (bin, [line = '', tail = '']) => {
    const read = readBashLine(line);
    if (REDIRECTION.test(read.words.at(-1) ?? '')) return FILES;
    const items = await itemsFor(bin, read.words, read.current);
    if (items === undefined) return FILES;
    const rests = items.map(({ value }) => restForBash(value, read)).filter((rest) => rest !== undefined);
    // Bash takes only what is behind the last of its word breaks, and that is what it called `tail`.
    return ['words', ...rests.map((rest) => tail + rest)];
  },
  // `_describe` takes a colon for the end of the word.
  zsh: async (bin, typed) =>
    forWords(bin, typed, ({ value, about }) => {
      const escaped = value.replaceAll(/[\\:]/g, '\\$&');
      return about === '' ? escaped : `${escaped}:${about}`;
    }),
  fish: async (bin, typed) => {
    const lines = await forWords(bin, typed, ({ value, about }) => (about === '' ? value : `${value}\t${about}`));
    // It escapes all but a tilde at the beginning, which would be somebody's home.
    return lines.filter((line) => !line.startsWith('~'));
  },
};

/** For a shell that tells words, and looks itself which of them begin as the last one does. */
async function forWords(bin: Bin, typed: readonly string[], write: (item: Item) => string): Promise<string[]> {
  const items = await itemsFor(bin, typed.slice(0, -1), typed.at(-1) ?? '');
  return items === undefined ? FILES : ['words', ...items.map(write)];
}

/** Undefined: files. */
async function itemsFor(bin: Bin, words: readonly string[], current: string): Promise<readonly Item[] | undefined> {
  const suggestion = suggest(bin, ownManifest(), words, current);
  if (suggestion.kind === 'files') return undefined;
  const items = await itemsOf(suggestion);
  return items.map(({ value, about }) => ({ value: suggestion.prefix + value, about }));
}

async function itemsOf(suggestion: Exclude<Suggestion, { kind: 'files' }>): Promise<readonly Item[]> {
  if (suggestion.kind === 'items') return suggestion.items;
  return knownNames(createContext(processOutput()), suggestion.of, suggestion.given);
}
