/** What is said of a command that does not exist, with the one that may have been meant. */
import { BeamError } from '../../errors.ts';
import { likely, nearest } from '../../nearest.ts';
import { LEADING_VALUE_FLAGS, routeArgv, splitArgv, type Route } from '../routing/argv.ts';
import { commandsOf, ownManifest, TOPIC_SEPARATORS, type Bin } from '../routing/manifest.ts';
import { isTopic, SUBJECTS } from '../routing/topics.ts';
import { unknownFlag } from './usage-error.ts';

/** `usage`. `ids`: the commands that may be offered instead. One that the other program has is that one. */
export function unknownCommand(bin: Bin, route: Route, ids: readonly string[]): BeamError {
  const [first] = route.words;
  if (first === undefined) {
    return new BeamError('usage', 'There are flags but no command', { hint: { command: `${bin} --help` } });
  }
  const inTopic = isTopic(bin, first);
  const typed = inTopic ? route.words.slice(0, 2) : [first];
  const guess = meant(bin, inTopic ? [typed.join(':')] : [route.words.slice(0, 2).join(':'), first], ids);
  const elsewhere = ofOther(bin, route.words);
  if (elsewhere !== undefined) {
    return new BeamError('usage', `${bin} has no command named ${quoted(typed)}`, { hint: { command: elsewhere } });
  }
  const next = inTopic && typed.length === 1 ? `${first} --help` : (guess ?? (inTopic ? `${first} --help` : '--help'));
  return new BeamError('usage', `${bin} has no command named ${quoted(typed)}`, { hint: { command: `${bin} ${next}` } });
}

/** `usage` for help on what there is not: a subject that was mistyped, else a command. */
export function unknownHelp(bin: Bin, route: Route, ids: readonly string[]): BeamError {
  const [help, ...words] = route.words;
  if (help !== 'help') return unknownCommand(bin, route, ids);
  const subject = likely(words[0] ?? '', Object.keys(SUBJECTS));
  if (subject === undefined) return unknownCommand(bin, { ...route, words }, ids);
  return new BeamError('usage', `There is no help on ${quoted(words)}`, { hint: { command: `${bin} help ${subject}` } });
}

/**
 * `usage` for `--sever HOST whoami`: what stands for a command is the value of a flag that was mistyped, and a command comes
 * after it. Undefined: it is not so.
 */
export function mistypedLeadingFlag(argv: readonly string[], has: (id: string) => boolean): BeamError | undefined {
  const { leading, rest } = splitArgv(argv);
  const flag = leading.at(-1) ?? '';
  if (!flag.startsWith('--') || flag.includes('=') || routeArgv(rest.slice(1), has).id === undefined) return undefined;
  const flags = [...LEADING_VALUE_FLAGS].map((known) => known.slice(2));
  return nearest(flag.slice(2), flags) === undefined ? undefined : unknownFlag(flag, flags);
}

/** The other program's command of this very name, as it is typed. */
function ofOther(bin: Bin, words: readonly string[]): string | undefined {
  const other: Bin = bin === 'beamd' ? 'runbeam' : 'beamd';
  const commands = commandsOf(ownManifest(), other);
  const id = [words.slice(0, 2).join(':'), words[0] ?? ''].find(
    (name) => commands.has(name) && commands.get(name)?.hidden !== true,
  );
  return id === undefined ? undefined : `${other} ${id.replaceAll(':', TOPIC_SEPARATORS[other])}`;
}

/** The command that is near to one of these, as it is typed; else the help of the topic that is. */
function meant(bin: Bin, typed: readonly string[], ids: readonly string[]): string | undefined {
  for (const word of typed) {
    const id = nearest(word, ids);
    if (id !== undefined) return id.replaceAll(':', TOPIC_SEPARATORS[bin]);
  }
  const topics = [...new Set(ids.flatMap((id) => (id.includes(':') ? [id.split(':')[0] ?? ''] : [])))];
  const topic = nearest(typed.at(-1)?.split(':')[0] ?? '', topics);
  return topic === undefined ? undefined : `${topic} --help`;
}

/** Words that were typed, if they are short enough to be a mistyped command and not a secret. */
function quoted(words: readonly string[]): string {
  return words.every((word) => /^[\w:.-]{1,24}$/.test(word)) ? `"${words.join(' ')}"` : 'like that';
}
