/** The command reference of the README, from the manifest. */
import type { GeneratedManifest, ManifestCommand, ManifestFlag } from './manifest.ts';

type Bin = 'beamd' | 'runbeam';

/** Flags that every command has are explained once. */
const COMMON: ReadonlySet<string> = new Set(['json']);

/** Markdown for one bin: a table of contents, then a section for each command. */
export function commandReference(bin: Bin, manifest: GeneratedManifest): string {
  const commands = Object.values(manifest.commands).filter(({ id, hidden }) => id.startsWith(`${bin}:`) && !hidden);
  const list = commands.map((command) => `- [\`${title(bin, command)}\`](#${anchor(title(bin, command))}): ${line(command)}`);
  return [list.join('\n'), ...commands.map((command) => section(bin, command))].join('\n\n');
}

/** Puts `text` between the markers of `name`; undefined if the document does not have them. */
export function replaceBetween(document: string, name: string, text: string): string | undefined {
  const open = `<!-- ${name} -->`;
  const close = `<!-- /${name} -->`;
  const start = document.indexOf(open);
  const end = document.indexOf(close, start);
  if (start === -1 || end === -1) return undefined;
  return `${document.slice(0, start + open.length)}\n\n${text}\n\n${document.slice(end)}`;
}

function section(bin: Bin, command: ManifestCommand): string {
  const parts = [`### \`${title(bin, command)}\``, `${line(command)}.`];
  if (command.description !== undefined) parts.push(command.description);
  const aliases = command.aliases.map((alias) => `\`${bin} ${alias}\``);
  if (aliases.length > 0) parts.push(`Also: ${aliases.join(', ')}.`);
  parts.push(fenced(usage(bin, command)));
  const flags = Object.values(command.flags).filter(({ name, hidden }) => !COMMON.has(name) && hidden !== true);
  if (flags.length > 0) parts.push(flagTable(flags));
  if (command.examples.length > 0) parts.push(fenced(command.examples.map((example) => render(example, bin)).join('\n')));
  return parts.join('\n\n');
}

function title(bin: Bin, { id }: ManifestCommand): string {
  const name = id.slice(bin.length + 1);
  return `${bin} ${bin === 'beamd' ? name.replaceAll(':', ' ') : name}`;
}

function line({ summary }: ManifestCommand): string {
  return (summary ?? '').replace(/\.$/, '');
}

function anchor(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}

function usage(bin: Bin, command: ManifestCommand): string {
  if (command.usage !== undefined) return `${bin} ${render(command.usage, bin)}`;
  const args = Object.values(command.args).map(({ name, required }) => {
    const word = name.toUpperCase();
    return required === true ? word : `[${word}]`;
  });
  const required = Object.values(command.flags)
    .filter((flag) => flag.required === true)
    .map(flagUsage);
  return [title(bin, command), ...args, ...required, '[FLAGS]'].join(' ');
}

function flagUsage(flag: ManifestFlag): string {
  return `--${flag.name}${flag.type === 'boolean' ? '' : ` ${flag.helpValue ?? 'VALUE'}`}`;
}

function flagTable(flags: readonly ManifestFlag[]): string {
  const rows = flags.map((flag) => `| ${flagName(flag)} | ${cell(flagText(flag))} |`);
  return ['| flag | |', '|---|---|', ...rows].join('\n');
}

function flagName(flag: ManifestFlag): string {
  const long = flag.allowNo === true ? `--[no-]${flag.name}` : flagUsage(flag);
  return flag.char === undefined ? `\`${long}\`` : `\`-${flag.char}\`, \`${long}\``;
}

function flagText(flag: ManifestFlag): string {
  const text = flag.summary ?? flag.description ?? '';
  const options = flag.options === undefined ? '' : ` (${flag.options.join(', ')})`;
  const shown = typeof flag.default === 'boolean' ? undefined : flag.default;
  return text + options + (shown === undefined ? '' : ` [default: ${shown}]`);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function render(template: string, bin: Bin): string {
  return template.replaceAll(/<%= *config\.bin *%>/g, bin);
}

function fenced(text: string): string {
  return `\`\`\`sh\n${text}\n\`\`\``;
}
