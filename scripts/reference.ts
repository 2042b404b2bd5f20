/** The command reference in docs/commands/, from the manifest: a page for each bin, one for each topic, and an index. */
import type { Bin } from '../src/cli/routing/manifest.ts';
import { BINS, flagText, flagUsage, render, summary, title, topicOf, usage, visible } from '../src/cli/help/words.ts';
import { LINES } from './schemas.ts';
import type { GeneratedManifest, ManifestArg, ManifestCommand, ManifestFlag } from './manifest.ts';

const NOTE = '<!-- Written by `npm run generate` from the commands in src/commands. -->';

/** One page: a bin's own commands, or those of one of its topics. */
interface Page {
  readonly bin: Bin;
  readonly topic?: string;
  readonly commands: readonly ManifestCommand[];
}

/**
 * Every page by its file name.
 *
 * @param jsonShapes - ids of the commands whose `--json` output has a schema in docs/json
 */
export function commandReference(manifest: GeneratedManifest, jsonShapes: ReadonlySet<string>): Map<string, string> {
  const pages = BINS.flatMap((bin) => pagesOf(bin, manifest));
  return new Map([
    ['README.md', index(pages)],
    ...pages.map((page) => [fileName(page), pageText(page, manifest, jsonShapes)] as const),
  ]);
}

/** The file that holds the shape of what a command prints, among those of docs/json. */
export function shapeFile(id: string): string {
  return `${id.replaceAll(':', '.')}.json`;
}

function pagesOf(bin: Bin, manifest: GeneratedManifest): Page[] {
  const byTopic = new Map<string, ManifestCommand[]>();
  for (const command of visible(bin, manifest)) {
    const topic = topicOf(command);
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), command]);
  }
  return [...byTopic]
    .sort(([a], [b]) => a.localeCompare(b, 'en'))
    .map(([topic, commands]) => (topic === '' ? { bin, commands } : { bin, topic, commands }));
}

function fileName({ bin, topic }: Page): string {
  return topic === undefined ? `${bin}.md` : `${bin}-${topic}.md`;
}

function heading({ bin, topic }: Page): string {
  return topic === undefined ? bin : `${bin} ${topic}`;
}

/** docs/json.md: every shape, by the command that prints it. */
export function shapesPage(manifest: GeneratedManifest, jsonShapes: ReadonlySet<string>): string {
  const rows = BINS.flatMap((bin) => visible(bin, manifest).flatMap((command) => shapeRows(bin, command, jsonShapes)));
  return `${[
    NOTE,
    '# JSON',
    'With `--json` a command prints exactly one JSON value, an error too; with `--jsonl` one in each line. Each shape is a JSON Schema ' +
      '(2020-12), and tests hold what commands print against it. Do not mind members that you do not know: there may be more of them.',
    'What every command prints when it fails: [error.json](json/error.json). Its codes are the [errors](errors.md).',
    ['| command | shape |', '|---|---|', ...rows].join('\n'),
  ].join('\n\n')}\n`;
}

function shapeRows(bin: Bin, command: ManifestCommand, jsonShapes: ReadonlySet<string>): string[] {
  return [
    [command.id, '--json'],
    [`${command.id}${LINES}`, '--jsonl'],
  ].flatMap(([id = '', flag = '']) =>
    jsonShapes.has(id) ? [`| \`${title(bin, command)} ${flag}\` | [${shapeFile(id)}](json/${shapeFile(id)}) |`] : [],
  );
}

function index(pages: readonly Page[]): string {
  const parts = [NOTE, '# Commands', 'Every command with its flags. `COMMAND --help` shows the same in a terminal.'];
  for (const page of pages) {
    parts.push(`## [\`${heading(page)}\`](${fileName(page)})`, contents(page, fileName(page)));
  }
  return `${parts.join('\n\n')}\n`;
}

function contents({ bin, commands }: Page, file = ''): string {
  const line = (command: ManifestCommand): string => {
    const name = title(bin, command);
    return `- [\`${name}\`](${file}#${anchor(name)}): ${summary(command)}`;
  };
  return commands.map(line).join('\n');
}

function pageText(page: Page, manifest: GeneratedManifest, jsonShapes: ReadonlySet<string>): string {
  const { bin, commands } = page;
  const shared = sharedFlags(visible(bin, manifest));
  const parts = [NOTE, `# \`${heading(page)}\``, contents(page)];
  if (shared.length > 0) parts.push(`Every command of \`${bin}\` takes:`, flagTable(shared));
  const names = new Set(shared.map(({ name }) => name));
  for (const command of commands) parts.push(section(bin, command, names, jsonShapes));
  return `${parts.join('\n\n')}\n`;
}

/** The flags that every one of the commands has in the same form: they are told about once. */
function sharedFlags(commands: readonly ManifestCommand[]): ManifestFlag[] {
  const [first, ...others] = commands.map(({ flags }) => flags);
  const same = (flag: ManifestFlag): boolean =>
    others.every((flags) => JSON.stringify(flags[flag.name]) === JSON.stringify(flag));
  return Object.values(first ?? {}).filter((flag) => flag.hidden !== true && same(flag));
}

function section(bin: Bin, command: ManifestCommand, shared: ReadonlySet<string>, jsonShapes: ReadonlySet<string>): string {
  const parts = [`## \`${title(bin, command)}\``, `${summary(command)}.`];
  if (command.description !== undefined) parts.push(prose(command.description));
  const aliases = command.aliases.map((alias) => `\`${bin} ${alias}\``);
  if (aliases.length > 0) parts.push(`Also: ${aliases.join(', ')}.`);
  parts.push(fenced(usage(bin, command)));
  const args = Object.values(command.args).filter(({ description }) => description !== undefined);
  if (args.length > 0) parts.push(table('argument', 'what it is', args.map(argRow)));
  const flags = Object.values(command.flags).filter(({ name, hidden }) => !shared.has(name) && hidden !== true);
  if (flags.length > 0) parts.push(flagTable(flags));
  if (command.examples.length > 0) parts.push(fenced(command.examples.map((example) => render(example, bin)).join('\n')));
  for (const [id, option] of [
    [command.id, '--json'],
    [`${command.id}${LINES}`, '--jsonl'],
  ] as const) {
    if (jsonShapes.has(id)) parts.push(`With \`${option}\`: [${shapeFile(id)}](../json/${shapeFile(id)}).`);
  }
  return parts.join('\n\n');
}

/** Text of ours as a paragraph: a star at its beginning is one, and no list. */
function prose(text: string): string {
  return text.replace(/^\* /, '\\* ');
}

function anchor(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}

function argRow({ name, description = '' }: ManifestArg): string {
  return `| \`${name.toUpperCase()}\` | ${cell(description)} |`;
}

function flagTable(flags: readonly ManifestFlag[]): string {
  return table(
    'flag',
    'what it does',
    flags.map((flag) => `| ${flagName(flag)} | ${cell(flagText(flag))} |`),
  );
}

function table(what: string, about: string, rows: readonly string[]): string {
  return [`| ${what} | ${about} |`, '|---|---|', ...rows].join('\n');
}

function flagName(flag: ManifestFlag): string {
  const long = cell(flag.allowNo === true ? `--[no-]${flag.name}` : flagUsage(flag));
  return flag.char === undefined ? `\`${long}\`` : `\`-${flag.char}\`, \`${long}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function fenced(text: string): string {
  return `\`\`\`sh\n${text}\n\`\`\``;
}
