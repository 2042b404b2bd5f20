/** What is shown of one command, or of the commands that a word groups. */
import { GLOBAL_FLAGS } from '../routing/argv.ts';
import { TOPIC_SEPARATORS, type Bin } from '../routing/manifest.ts';
import { TOPICS } from '../routing/topics.ts';
import type { Layout, Row } from './layout.ts';
import { flagText, flagUsage, render, summary, title, typed, usage, type CommandWords, type FlagWords } from './words.ts';

/** A command as help needs it. */
export interface ShownCommand extends CommandWords {
  readonly description?: string | undefined;
  readonly aliases?: readonly string[];
  readonly examples?: readonly unknown[] | undefined;
}

export function commandScreen(bin: Bin, command: ShownCommand, layout: Layout): string {
  const { section, list, paragraph } = layout;
  const { description = '', aliases = [] } = command;
  const args = Object.values(command.args)
    .filter((arg) => arg.description !== undefined)
    .map((arg): Row => [arg.name.toUpperCase(), arg.description ?? '']);
  const also = aliases.map((alias) => layout.command(`${bin} ${alias.replaceAll(':', TOPIC_SEPARATORS[bin])}`));
  return [
    paragraph(summary(command)),
    section('USAGE', ...usage(bin, command).split('\n').map(layout.command)),
    description === '' ? '' : section('DESCRIPTION', paragraph(render(description, bin), 2)),
    examplesOf(bin, command, layout),
    also.length === 0 ? '' : section('ALSO', ...also),
    args.length === 0 ? '' : section('ARGUMENTS', list(args)),
    ...flagSections(command, layout),
    section(
      'READ ON',
      list([
        [`${bin} --help`, 'All commands'],
        [`${bin} help exit-codes`, 'What the exit code means'],
      ]),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function examplesOf(bin: Bin, command: ShownCommand, { section, command: line }: Layout): string {
  const lines = exampleLines(bin, command).map(line);
  return lines.length === 0 ? '' : section('EXAMPLES', ...lines);
}

function exampleLines(bin: Bin, { examples = [] }: ShownCommand): string[] {
  return examples.filter((example) => typeof example === 'string').map((example) => render(example, bin));
}

/** Its own flags first, then those that many commands have, by what they are for. */
function flagSections(command: CommandWords, { section, list, wordWidth }: Layout): string[] {
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true);
  const groups = new Map<string, Row[]>([['', []]]);
  for (const flag of flags) {
    const group = flag.helpGroup ?? '';
    groups.set(group, [...(groups.get(group) ?? []), [flagName(flag), flagText(flag)]]);
  }
  groups.get(GLOBAL_FLAGS)?.push(['-h, --help', 'Show this']);
  const widest = wordWidth([...groups.values()].flat());
  return [...groups]
    .filter(([, rows]) => rows.length > 0)
    .sort(([a], [b]) => Number(a === GLOBAL_FLAGS) - Number(b === GLOBAL_FLAGS))
    .map(([group, rows]) => section(group === '' ? 'FLAGS' : `${group} FLAGS`, list(rows, widest)));
}

/** `-l, --label LABEL`; names without a letter stand under each other all the same. */
function flagName(flag: FlagWords): string {
  const long = flag.allowNo === true ? `--[no-]${flag.name}` : flagUsage(flag);
  return `${flag.char === undefined ? '    ' : `-${flag.char}, `}${long}`;
}

/** The commands that begin with this word. */
export function topicScreen(bin: Bin, topic: string, commands: readonly ShownCommand[], layout: Layout): string {
  const { section, list, paragraph, command } = layout;
  const { description = '', examples = [] } = TOPICS[bin][topic] ?? {};
  const rows = commands.map((one): Row => [typed(bin, one), summary(one)]);
  const chosen = examples.flatMap((id) => commands.filter((one) => one.id === `${bin}:${id}`));
  const lines = chosen.flatMap((one) => exampleLines(bin, one).slice(0, 1));
  const [first] = chosen;
  return [
    paragraph(description),
    section('USAGE', command(`${bin} ${topic}${TOPIC_SEPARATORS[bin]}COMMAND [FLAGS]`)),
    section('COMMANDS', list(rows)),
    section('EXAMPLES', ...lines.map(command)),
    section('READ ON', list([[`${first === undefined ? bin : title(bin, first)} --help`, 'All about one command']])),
  ].join('\n\n');
}
