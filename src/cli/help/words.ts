/** How commands and their flags are told about: in help, in the command reference and in man pages. */
import { TOPIC_SEPARATORS, type Bin } from '../routing/manifest.ts';

export const BINS: readonly Bin[] = ['beamd', 'runbeam'];

/** A flag as the manifest has it. */
export interface FlagWords {
  readonly name: string;
  readonly type: 'boolean' | 'option';
  readonly char?: string | undefined;
  readonly summary?: string | undefined;
  readonly description?: string | undefined;
  readonly helpValue?: string | readonly string[] | undefined;
  readonly helpGroup?: string | undefined;
  readonly options?: readonly string[] | undefined;
  readonly required?: boolean | undefined;
  readonly default?: unknown;
  readonly allowNo?: boolean | undefined;
  readonly hidden?: boolean | undefined;
}

/** An argument as the manifest has it. */
export interface ArgWords {
  readonly name: string;
  readonly description?: string | undefined;
  readonly required?: boolean | undefined;
}

/** A command as the manifest has it. */
export interface CommandWords {
  readonly id: string;
  readonly summary?: string | undefined;
  readonly usage?: string | readonly string[] | undefined;
  readonly hidden?: boolean | undefined;
  readonly args: Readonly<Record<string, ArgWords>>;
  readonly flags: Readonly<Record<string, FlagWords>>;
}

/** The commands of a bin that are shown, in the order of their ids. */
export function visible<T extends CommandWords>(bin: Bin, { commands }: { readonly commands: Readonly<Record<string, T>> }): T[] {
  return Object.values(commands).filter(({ id, hidden }) => id.startsWith(`${bin}:`) && hidden !== true);
}

/** `agent` of `beamd:agent:log`; empty for a command that has none. */
export function topicOf({ id }: CommandWords): string {
  return id.split(':').slice(1, -1).join('-');
}

/** A command as it is typed, without its bin: `agent log`. */
export function typed(bin: Bin, { id }: CommandWords): string {
  return id.slice(bin.length + 1).replaceAll(':', TOPIC_SEPARATORS[bin]);
}

/** A command as it is typed, its bin first. */
export function title(bin: Bin, command: CommandWords): string {
  return `${bin} ${typed(bin, command)}`;
}

/** What a command does, without a full stop. */
export function summary(command: CommandWords): string {
  return (command.summary ?? '').replace(/\.$/, '');
}

/** How a command is called. */
export function usage(bin: Bin, command: CommandWords): string {
  if (command.usage !== undefined) return `${bin} ${render([command.usage].flat().join('\n'), bin)}`;
  const args = Object.values(command.args).map(({ name, required }) => {
    const word = name.toUpperCase();
    return required === true ? word : `[${word}]`;
  });
  const required = Object.values(command.flags)
    .filter((flag) => flag.required === true)
    .map(flagUsage);
  return [title(bin, command), ...args, ...required, '[FLAGS]'].join(' ');
}

/** A flag with its value. */
export function flagUsage(flag: FlagWords): string {
  const value = [flag.helpValue ?? 'VALUE'].flat().join(' ');
  return `--${flag.name}${flag.type === 'boolean' ? '' : ` ${value}`}`;
}

/** What a flag does, with its choices and its default. */
export function flagText(flag: FlagWords): string {
  const text = flag.summary ?? flag.description ?? '';
  const options = flag.options === undefined ? '' : ` (${flag.options.join(', ')})`;
  const shown = typeof flag.default === 'string' || typeof flag.default === 'number' ? flag.default : undefined;
  return text + options + (shown === undefined ? '' : ` [default: ${shown}]`);
}

/** An example of the manifest as it is typed. */
export function render(template: string, bin: Bin): string {
  return template.replaceAll(/<%= *config\.bin *%>/g, bin);
}
