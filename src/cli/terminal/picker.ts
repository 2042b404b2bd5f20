/** One of several, chosen on the terminal: arrows, or a part of its name. */
import search from '@inquirer/search';
import { BeamError } from '../../errors.ts';
import { fitsFilter } from '../../matching.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Picking } from '../../services/context.ts';
import { processOutput } from '../output/output.ts';
import { printable } from '../../text.ts';
import type { Style } from '../output/style.ts';
import { processInterrupt } from './interrupt.ts';

/** Columns that the help takes in one line. */
const HELP_WIDTH = 64;

/** Rows of a list at most, and those of the terminal that are kept for question and help. */
const MOST_ROWS = 10;
const OTHER_ROWS = 6;

/** What readline says of a key. */
interface Key {
  readonly name?: string;
  readonly ctrl?: boolean;
}

/**
 * Asks which of `choices` is meant; gives its index. Nothing of it stays on the screen: what was chosen, the command itself
 * says. Throws `interrupted`, and `usage` where the user leaves without a choice (Esc, Ctrl-D).
 */
export async function pick(question: string, choices: readonly string[], picking: Picking = {}): Promise<number> {
  const { signal } = processInterrupt();
  const left = new AbortController();
  const leave = (): void => left.abort();
  const list = listOf(choices, picking);
  const onKey = (typed: unknown, key: Key): void => {
    const { name, ctrl = false } = key;
    if (name === 'escape' || (ctrl && name === 'd')) leave();
    // Pasted text has its Enter with it, before there is anything to choose: it is pressed again then.
    const isEnter = name === 'return' || name === 'enter';
    if (isEnter && list.isFiltering()) setImmediate(() => process.stdin.emit('keypress', typed, key));
  };
  process.stdin.on('keypress', onKey);
  process.stdin.once('end', leave);
  try {
    return await search(
      { message: question, ...list.question },
      {
        input: process.stdin,
        output: process.stderr,
        clearPromptOnDone: true,
        signal: AbortSignal.any([signal, left.signal]),
      },
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (left.signal.aborted)
      throw new BeamError('usage', 'Nothing was chosen', { hint: { text: 'Choose one, or name it on the command line' } });
    // While it reads, readline takes Ctrl-C for itself.
    if (error instanceof Error && error.name === 'ExitPromptError') throw new BeamError('interrupted', 'Interrupted');
    throw error;
  } finally {
    process.stdin.off('keypress', onKey);
    process.stdin.off('end', leave);
  }
}

function listOf(names: readonly string[], { first, typed }: Picking) {
  // Some terminals do not know how large they are.
  const [columns, rows] = [process.stderr.columns || 80, process.stderr.rows || MOST_ROWS + OTHER_ROWS];
  // In front of each stands the cursor; the last column is kept free, since some terminals go on to the next line there.
  const all = names.map((whole, value) => ({ name: printable(whole, columns - 3), value, whole }));
  let shown: number | undefined;
  let filtering = false;
  const question = omitUndefined({
    source: (term: string | undefined) => {
      // What was typed ahead of the list itself chooses nothing.
      filtering = shown !== undefined;
      setImmediate(() => (filtering = false));
      // Tab types what is shown.
      const fitting = all.filter(({ name, whole }) => name === term || fitsFilter(whole, term ?? ''));
      shown = fitting.length;
      return fitting;
    },
    pageSize: Math.max(1, Math.min(MOST_ROWS, rows - OTHER_ROWS)),
    theme: themeOf(processOutput().errorStyle, () => {
      // Nothing is listed yet.
      if (shown === undefined) return '';
      const parts = [`${shown} of ${all.length}. Type to filter;`, 'arrows move, Enter chooses, Esc leaves'];
      return parts.join(columns < HELP_WIDTH ? '\n' : ' ');
    }),
    default: first,
    initialValue: typed,
  });
  /** Whether something was typed of which the list has shown nothing yet. */
  return { question, isFiltering: () => filtering };
}

/** In our colours, and in signs that every terminal has. */
function themeOf({ bold, dim, green, yellow }: Style, help: () => string) {
  const plain = (text: string): string => text;
  return {
    prefix: green('?'),
    spinner: { interval: 1_000, frames: [green('?')] },
    icon: { cursor: '>' },
    style: {
      message: bold,
      answer: plain,
      searchTerm: plain,
      highlight: green,
      error: () => yellow('Nothing fits'),
      keysHelpTip: () => dim(help()),
    },
  };
}
