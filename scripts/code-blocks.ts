/** The code of the documents: what stands in fences, and which commands of ours are in it. */
import { routeArgv } from '../src/cli/routing/argv.ts';
import type { Bin } from '../src/cli/routing/manifest.ts';
import { isSubject, isTopic } from '../src/cli/routing/topics.ts';
import { isErrorCode } from '../src/errors.ts';
import type { GeneratedManifest, ManifestCommand, ManifestFlag } from './manifest.ts';

export interface Block {
  /** What its fence says. One that says nothing is for a shell: `session` where it shows what was typed and printed, else `sh`. */
  readonly language: string;
  readonly code: string;
}

export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^( *)```(\w*)[^\n]*\n([^]*?)^ *```$/gm)].map(([, indent = '', language = '', text = '']) => {
    const code = text.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    return { language: language === '' ? (code.startsWith('$ ') ? 'session' : 'sh') : language, code };
  });
}

/** The lines of a session that were typed. */
export function typedIn(session: string): string {
  return [...session.matchAll(/^\$ (.*)$/gm)].map((match) => match[1] ?? '').join('\n');
}

/** What stands in backticks in the text of a page and is a whole command line of ours. */
export function inlineCommands(page: string): string[] {
  const prose = page.replaceAll(/^( *)```[^]*?^ *```$/gm, '');
  const code = [...prose.matchAll(/`((?:beamd|runbeam) [^`\n]+)`/g)].map((match) => match[1] ?? '');
  // Several at once, or any: `agent start|stop`, `harmony:*`, `COMMAND --help`.
  return code.filter((text) => !/[|*…[\]<>]|\.\.\.|\bCOMMAND\b|\bCMD\b/.test(text));
}

/** Where a command begins, with the variables that are set for it alone, and what it is given. */
const COMMAND =
  /(?:^|[;&|(]|\bexec --|\bdo\b|\bthen\b)[ \t]*(?:\w+=\S*[ \t]+)*(beamd|runbeam)\b(?!-)((?:'[^']*'|"[^"]*"|[^;&|)<>#\n'"])*)/gm;

/** Every command of ours in a piece of shell, as its words. */
export function commandsIn(shell: string): { readonly bin: Bin; readonly words: string[] }[] {
  const lines = shell.replaceAll(/\\\n\s*/g, ' ').replaceAll(/^\s*#.*$/gm, '');
  return [...lines.matchAll(COMMAND)].map((match) => ({
    bin: match[1] === 'runbeam' ? 'runbeam' : 'beamd',
    words: [...(match[2] ?? '').matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word),
  }));
}

/** What is wrong with a command line: a command, flag or argument that there is not. Undefined if nothing is. */
export function problemOf(bin: Bin, words: readonly string[], { commands }: GeneratedManifest): string | undefined {
  const byName = new Map(
    Object.values(commands)
      .filter(({ id }) => id.startsWith(`${bin}:`))
      .flatMap((command) => [command.id.slice(bin.length + 1), ...command.aliases].map((name) => [name, command] as const)),
  );
  if (words[0] === 'help') return helpProblem(bin, words.slice(1), byName);
  const route = routeArgv(words, (id) => byName.has(id));
  const command = route.id === undefined ? undefined : byName.get(route.id);
  if (command !== undefined) return argumentProblem(command, route.argv);
  const [first] = route.words;
  if (first === undefined) return alone(words) ? undefined : 'flags of no command';
  return route.words.length === 1 && isTopic(bin, first) ? undefined : `no command ${route.words.join(' ')}`;
}

/** A program alone, one that is asked about itself, or with the file that it is to check. */
function alone(words: readonly string[]): boolean {
  return words.length === 0 || /^(?:--help|--version|--licenses|-[hvV]|--config(?:=.*)?)$/.test(words[0] ?? '');
}

function helpProblem(bin: Bin, words: readonly string[], byName: ReadonlyMap<string, ManifestCommand>): string | undefined {
  const [first = '', code = 'CODE'] = words;
  if (first === 'error' && code !== 'CODE') return isErrorCode(code) ? undefined : `no help on ${words.join(' ')}`;
  const known = first === '' || isSubject(first) || isTopic(bin, first) || byName.has(words.join(':'));
  return known ? undefined : `no help on ${words.join(' ')}`;
}

function argumentProblem({ flags, args, strict }: ManifestCommand, argv: readonly string[]): string | undefined {
  let left = strict ? Object.keys(args).length : Infinity;
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? '';
    if (word === '--') return undefined;
    if (!word.startsWith('-') || word === '-') {
      left -= 1;
      if (left < 0) return `no argument for ${word}`;
      continue;
    }
    if (word === '--help' || word === '-h') continue;
    const [name = '', inline] = word.split('=', 2);
    const flag = Object.values(flags).find((each) => isNamed(each, name));
    if (flag === undefined) return `no flag ${name}`;
    if (flag.type === 'boolean') continue;
    const problem = valueProblem(flag, name, inline ?? argv[++index]);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** What stands for a value (`ORG`, `"$NAME"`) may be any. */
function valueProblem({ options }: ManifestFlag, name: string, value: string | undefined): string | undefined {
  if (value === undefined) return `no value for ${name}`;
  return options === undefined || options.includes(value) || /^[A-Z"$]/.test(value) ? undefined : `${name} takes no ${value}`;
}

function isNamed({ name, char, allowNo }: ManifestFlag, word: string): boolean {
  if (word === `--${name}` || (char !== undefined && word === `-${char}`)) return true;
  return (allowNo === true && word === `--no-${name}`) || (name === 'verbose' && /^-v{2,3}$/.test(word));
}
