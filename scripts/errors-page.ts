/** docs/errors.md, from what `help error CODE` tells: every message that is always the same, and every code. */
import { EXIT_CODES, EXIT_MEANINGS } from '../src/errors.ts';
import { explainedCodes } from '../src/cli/help/errors/explained.ts';

const NOTE = '<!-- Written by `npm run generate` from src/cli/help/errors. -->';

const INTRODUCTION = [
  '# Errors',
  'An error says what happened, and below it what to type next: `Run:` is a command, `Hint:` is words. Where it cannot know the ' +
    'next step, a third line says which command explains more:',
  [
    '```text',
    'Error: beamd.run did not answer in full within 30 s',
    'Hint: Try again in a moment',
    'Help: beamd help error timeout',
    '```',
  ].join('\n'),
  'With `-v` or `--debug` that line is under every error, and with `--json` the code is in it: `{"error": {"code": "timeout", …}}`. ' +
    'The exit code tells the kind alone: [the table](guides/scripting.md#exit-codes). Programs should go by the code, never by the words.',
  'What stands below is what `beamd help error CODE` shows. Where it says `beamd`, `runbeam help error CODE` says `runbeam`.',
];

/** The page as it has to be. */
export function errorsPage(): string {
  const codes = explainedCodes('beamd');
  const messages = codes.flatMap(([code, { says }]) => says.map((message) => [message, code] as const));
  const byMessage = messages
    .toSorted(([one], [other]) => one.localeCompare(other, 'en', { ignorePunctuation: true }))
    .map(([message, code]) => `| ${message} | [\`${code}\`](#${code}) |`);
  const sections = codes.flatMap(([code, { what, says, causes }]) => [
    `## \`${code}\``,
    `${what}. Exit code ${String(EXIT_CODES[code])}: ${EXIT_MEANINGS[EXIT_CODES[code]]}.`,
    ...(says.length === 0 ? [] : [says.map((message) => `> ${message}`).join('\n>\n')]),
    ['| why | what helps |', '|---|---|', ...causes.map(([why, fix]) => `| ${why} | ${fix} |`)].join('\n'),
  ]);
  const index = ['| message | code |', '|---|---|', ...byMessage].join('\n');
  return `${[NOTE, ...INTRODUCTION, '## By message', '`…` stands for a name.', index, ...sections].join('\n\n')}\n`;
}
