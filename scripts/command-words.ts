/** How the manifest's commands are told about, in the command reference and in man pages. */
import { TOPIC_SEPARATORS, type Bin } from '../src/cli/routing/manifest.ts';
import type { GeneratedManifest, ManifestCommand, ManifestFlag } from './manifest.ts';

export const BINS: readonly Bin[] = ['beamd', 'runbeam'];

/** The commands of a bin that are shown, in the order of their ids. */
export function visible(bin: Bin, { commands }: GeneratedManifest): ManifestCommand[] {
  return Object.values(commands).filter(({ id, hidden }) => id.startsWith(`${bin}:`) && !hidden);
}

/** `agent` of `beamd:agent:log`; empty for a command that has none. */
export function topicOf({ id }: ManifestCommand): string {
  return id.split(':').slice(1, -1).join('-');
}

/** A command as it is typed, its bin first. */
export function title(bin: Bin, { id }: ManifestCommand): string {
  const name = id.slice(bin.length + 1);
  return `${bin} ${name.replaceAll(':', TOPIC_SEPARATORS[bin])}`;
}

/** What a command does, without a full stop. */
export function summary(command: ManifestCommand): string {
  return (command.summary ?? '').replace(/\.$/, '');
}

/** How a command is called. */
export function usage(bin: Bin, command: ManifestCommand): string {
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

/** A flag with its value. */
export function flagUsage(flag: ManifestFlag): string {
  return `--${flag.name}${flag.type === 'boolean' ? '' : ` ${flag.helpValue ?? 'VALUE'}`}`;
}

/** What a flag does, with its choices and its default. */
export function flagText(flag: ManifestFlag): string {
  const text = flag.summary ?? flag.description ?? '';
  const options = flag.options === undefined ? '' : ` (${flag.options.join(', ')})`;
  const shown = typeof flag.default === 'boolean' ? undefined : flag.default;
  return text + options + (shown === undefined ? '' : ` [default: ${shown}]`);
}

/** An example of the manifest as it is typed. */
export function render(template: string, bin: Bin): string {
  return template.replaceAll(/<%= *config\.bin *%>/g, bin);
}
