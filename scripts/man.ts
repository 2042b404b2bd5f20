/** Man pages from the manifest: one for each bin, each topic and each command, in the man(7) language. */
import type { Bin } from '../src/cli/routing/manifest.ts';
import { DESCRIPTIONS, TOPICS, type Subject } from '../src/cli/routing/topics.ts';
import { subjectParts } from '../src/cli/help/subjects.ts';
import { BINS, flagText, flagUsage, render, summary, title, topicOf, usage, visible } from '../src/cli/help/words.ts';
import type { GeneratedManifest, ManifestCommand, ManifestFlag } from './manifest.ts';

/** What a page has on top of a list of sections. */
interface Page {
  /** As `man` takes it: `beamd-agent-log`. */
  readonly name: string;
  readonly bin: Bin;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly sections: readonly (readonly [heading: string, body: string])[];
}

/**
 * Every man page by its file name.
 *
 * @param date - day of the version, `2026-01-31`; absent in a build that is no release
 */
export function manPages(manifest: GeneratedManifest, date?: string): Map<string, string> {
  const pages = BINS.flatMap((bin) => [
    binPage(bin, manifest),
    ...Object.keys(TOPICS[bin]).map((topic) => topicPage(bin, topic, manifest)),
    ...visible(bin, manifest).map((command) => commandPage(bin, command)),
  ]);
  return new Map(pages.map((page) => [`${page.name}.1`, pageText(page, manifest.version, date ?? '')]));
}

function pageText({ name, bin, summary: line, sections }: Page, version: string, date: string): string {
  const head = [
    `.TH ${name.toUpperCase()} 1 "${date}" "${bin} ${version}" "${bin} manual"`,
    // A variable or a flag that is broken, or spread out, cannot be found and not be copied.
    '.nh',
    '.ad l',
    '.SH NAME',
    `${name} \\- ${text(line)}`,
  ];
  return [...head, ...sections.flatMap(([heading, body]) => [`.SH "${heading}"`, body]), ''].join('\n');
}

function binPage(bin: Bin, manifest: GeneratedManifest): Page {
  const other = BINS.filter((each) => each !== bin);
  return {
    name: bin,
    bin,
    summary: withoutStop(DESCRIPTIONS[bin]),
    sections: [
      ['SYNOPSIS', `\\fB${bin}\\fR \\fICOMMAND\\fR [\\fIFLAGS\\fR]`],
      ['COMMANDS', commandList(bin, visible(bin, manifest))],
      ['OPTIONS', BIN_OPTIONS.map(([flag, does]) => item(bold(flag), does)).join('\n')],
      ['ORGS', subjectText(bin, 'scopes', bold)],
      ['EXIT STATUS', subjectText(bin, 'exit-codes', bold)],
      ['ENVIRONMENT', subjectText(bin, 'environment', bold)],
      ['FILES', subjectText(bin, 'files', italic)],
      ['SEE ALSO', references(other)],
    ],
  };
}

const BIN_OPTIONS = [
  ['--help', 'Show help, of a command too'],
  ['--version', 'Print the version'],
  ['--licenses', 'Print the licenses of what is bundled'],
] as const;

function topicPage(bin: Bin, topic: string, manifest: GeneratedManifest): Page {
  const commands = visible(bin, manifest).filter((command) => topicOf(command) === topic);
  return {
    name: `${bin}-${topic}`,
    bin,
    summary: withoutStop(TOPICS[bin][topic]?.description ?? ''),
    sections: [
      ['COMMANDS', commandList(bin, commands)],
      ['SEE ALSO', references([bin])],
    ],
  };
}

function commandPage(bin: Bin, command: ManifestCommand): Page {
  const { description, aliases, args, flags, examples } = command;
  const also = aliases.map((alias) => bold(`${bin} ${alias}`));
  const sections: [string, string][] = [['SYNOPSIS', synopsis(bin, command)]];
  if (description !== undefined) sections.push(['DESCRIPTION', prose(render(description, bin))]);
  if (also.length > 0) sections.push(['OTHER NAMES', also.join('\n.br\n')]);
  const told = Object.values(args).filter((arg) => arg.description !== undefined);
  const argItems = told.map((arg) => item(italic(arg.name.toUpperCase()), arg.description ?? ''));
  if (argItems.length > 0) sections.push(['ARGUMENTS', argItems.join('\n')]);
  const flagItems = Object.values(flags)
    .filter(({ hidden }) => hidden !== true)
    .map((flag) => item(flagName(flag), flagText(flag)));
  sections.push(['OPTIONS', flagItems.join('\n')]);
  const lines = examples.map((example) => literal(render(example, bin)));
  if (lines.length > 0) sections.push(['EXAMPLES', ['.nf', ...lines, '.fi'].join('\n')]);
  const topic = topicOf(command);
  sections.push(['SEE ALSO', references(topic === '' ? [bin] : [bin, `${bin}-${topic}`])]);
  return { name: pageName(bin, command), bin, summary: summary(command), sections };
}

/** `beamd-agent-log`: what `man` finds by the words of the command, as git has it. */
function pageName(bin: Bin, command: ManifestCommand): string {
  return title(bin, command).replaceAll(/[ :]/g, '-');
}

function synopsis(bin: Bin, command: ManifestCommand): string {
  const name = title(bin, command);
  const rest = usage(bin, command).slice(name.length);
  return `${bold(name)}${literal(rest).replaceAll(/[A-Z]{2,}/g, '\\fI$&\\fR')}`;
}

function commandList(bin: Bin, commands: readonly ManifestCommand[]): string {
  return commands.map((command) => item(bold(title(bin, command)), summary(command))).join('\n');
}

function flagName(flag: ManifestFlag): string {
  const [long = '', value] = flagUsage(flag).split(' ');
  const name = flag.allowNo === true ? `--[no-]${flag.name}` : long;
  const shown = value === undefined ? bold(name) : `${bold(name)} ${italic(value)}`;
  return flag.char === undefined ? shown : `${bold(`-${flag.char}`)}, ${shown}`;
}

/** What `help` tells, without what an environment makes of it. `tag`: how the words of its lists look. */
function subjectText(bin: Bin, subject: Subject, tag: (words: string) => string): string {
  return subjectParts(bin, subject, {})
    .map((part) =>
      typeof part === 'string'
        ? `.PP\n${prose(part)}`
        : part.map(([words, does]) => item(words.split('\n').map(tag).join(', '), does)).join('\n'),
    )
    .join('\n')
    .replace(/^\.PP\n/, '');
}

function references(names: readonly string[]): string {
  return [...names]
    .sort()
    .map((name, index) => `.BR ${literal(name)} (1)${index < names.length - 1 ? ' ,' : ''}`)
    .join('\n');
}

/** A paragraph with something in front of it, which is in the language of the page already. */
function item(tag: string, does: string): string {
  return `.TP\n${tag}\n${prose(does)}`;
}

const bold = (words: string): string => `\\fB${literal(words)}\\fR`;
const italic = (words: string): string => `\\fI${literal(words)}\\fR`;

/** Text of ours: what stands in backticks is typed, and of a link the page keeps the words. */
function prose(words: string): string {
  const pieces = words.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1').split('`');
  return pieces.map((piece, index) => (index % 2 === 1 ? bold(piece) : text(piece))).join('');
}

/** Words to be copied: a hyphen is the one of a keyboard. */
function literal(words: string): string {
  return text(words).replaceAll('-', '\\-').replaceAll("'", '\\(aq');
}

/** Words that mean themselves: no backslash and no line of them is taken for a command. */
function text(words: string): string {
  const safe = words.replaceAll('\\', '\\e').replaceAll(/^[.']/gm, '\\&$&').replaceAll('\n', ' ');
  return safe.replaceAll(/[^ -~]/gu, (mark) => `\\[u${(mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`);
}

function withoutStop(line: string): string {
  return line.replace(/\.$/, '');
}
