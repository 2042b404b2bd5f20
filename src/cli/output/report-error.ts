/** The one place where an error becomes text and an exit code. */
import { now } from '../../clock.ts';
import { BeamError, EXIT_CODES, systemCode, type Hint } from '../../errors.ts';
import type { Bin } from '../routing/manifest.ts';
import { didYouMean, likely } from '../../nearest.ts';
import { isMissingProgram } from '../../programs.ts';
import { said } from '../../services/moment.ts';
import { printable, printableJson } from '../../text.ts';
import { telling, type Output } from './output.ts';
import { hintLine, LONGEST } from './style.ts';
import { explaining, leadingOn } from './usual-hint.ts';

/**
 * Prints an error of a program and returns the exit code: `Error: message`, the hint and what explains it on stderr, or `{"error": {...}}` on
 * stdout with `--json`.
 */
export function reportError(error: unknown, bin: Bin, output: Output, json: boolean): number {
  const known = leadingOn(toBeamError(error), bin);
  if (json) output.result(printableJson(JSON.stringify({ error: known }, null, 2)));
  else {
    output.note(known.code === 'interrupted' ? interruptionLine(known, output) : errorLine(known, output));
    if (known.hint !== undefined) output.note(hintLine(known.hint));
    const { steps, frames: withFrames } = telling();
    const debugged = Boolean(process.env['BEAMD_DEBUG']) || withFrames;
    const explained = explaining(known, bin, debugged || steps);
    if (debugged) output.note(frames(error).join('\n'));
    if (explained !== undefined) output.note(`Help: ${explained}`);
  }
  return EXIT_CODES[known.code];
}

function errorLine(error: BeamError, { errorStyle }: Output): string {
  return `${errorStyle.red('Error:')} ${printable(said(error, now()), LONGEST)}`;
}

/** The user's own wish is no error. On a terminal it takes the place of the `^C` that was typed there. */
function interruptionLine({ message }: BeamError, { errorStyle, interactive }: Output): string {
  return (interactive ? '\r' : '') + errorStyle.yellow(printable(message, LONGEST));
}

/** Where an error came from, and what caused it. Never its message: a library's may hold a secret. */
function frames(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return [error.name, ...own, ...frames(error.cause)];
}

/** Any error as one of ours. What a library said is dropped: it may hold anything. */
export function toBeamError(error: unknown): BeamError {
  if (error instanceof BeamError) return error;
  if (isParseError(error)) return usageError(error);
  const full = ['ENOSPC', 'EDQUOT'].includes(systemCode(error) ?? '');
  if (full) return new BeamError('storage_full', 'The disk is full', { cause: error });
  if (isMissingProgram(error)) {
    return new BeamError('failed', 'This program was replaced or removed while it ran', {
      hint: { text: 'Run the command again' },
      cause: error,
    });
  }
  return new BeamError('failed', 'Something went wrong inside the command; this is a bug', {
    hint: { text: 'Try again, and report it if it stays' },
    cause: error,
  });
}

/** An error of oclif's parser: only those carry an `oclif` field here. */
interface ParseError extends Error {
  readonly args?: unknown;
  /** Flags that were typed and that the command does not have. */
  readonly flags?: unknown;
  readonly parse?: { readonly input?: { readonly flags?: Readonly<Record<string, object>> } };
}

function isParseError(error: unknown): error is ParseError {
  return error instanceof Error && 'oclif' in error;
}

/** The parser's own words hold only names of flags; values that were typed may be secrets and are left out if long. */
function usageError(error: ParseError): BeamError {
  const words: readonly unknown[] = Array.isArray(error.args) ? error.args : [];
  const message =
    unknownFlags(error) ??
    (typeof words[0] === 'string' ? unexpected(words[0]) : (missing(words) ?? firstPart(error.message) + meantValue(error)));
  return new BeamError('usage', message, { hint: SEE_HELP, cause: error });
}

function unknownFlags({ flags, parse }: ParseError): string | undefined {
  const typedFlags: readonly unknown[] = Array.isArray(flags) ? flags : [];
  const [first] = typedFlags;
  return typeof first === 'string' ? noSuchFlag(first, Object.keys(parse?.input?.flags ?? {})) : undefined;
}

/** `There is no flag --sever; did you mean --server?` */
function noSuchFlag(word: string, known: readonly string[]): string {
  const typed = word.split('=')[0] ?? '';
  if (!/^--?[\w-]{1,40}$/.test(typed)) return 'There is no such flag';
  const meant = typed.startsWith('--') ? likely(typed.slice(2), known) : undefined;
  return `There is no flag ${typed}${meant === undefined ? '' : `; did you mean --${meant}?`}`;
}

const SEE_HELP: Hint = { text: 'Add --help to see how it is used' };

/** `usage` for a flag that nothing has, with the one of `known` (names without dashes) that may have been meant. */
export function unknownFlag(typed: string, known: readonly string[]): BeamError {
  return new BeamError('usage', noSuchFlag(typed, known), { hint: SEE_HELP });
}

/** What may have been meant by a value that is none of those that there are. */
function meantValue({ message }: ParseError): string {
  const [, typed = '', options = ''] = /^Expected (?:--[\w-]+=)?(.*) to be one of: ([\w, -]+)/.exec(message) ?? [];
  return didYouMean(typed, options.split(', ').filter(Boolean));
}

/** The parser prints a table of the arguments that were not given. */
function missing(args: readonly unknown[]): string | undefined {
  const names = args.map((arg) =>
    typeof arg === 'object' && arg !== null && 'name' in arg ? String(arg.name).toUpperCase() : '',
  );
  return names.length === 0 || names.includes('') ? undefined : `Missing: ${names.join(' ')}`;
}

function unexpected(word: string): string {
  return word.length <= 24 ? `Unexpected argument: ${printable(word)}` : 'Unexpected argument';
}

function firstPart(message: string): string {
  // On a terminal the parser dims its words.
  const lines = process
    .getBuiltinModule('node:util')
    .stripVTControlCharacters(message)
    .replace('\nSee more help with --help', '')
    .split('\n')
    .map((line) => line.trim());
  const text = lines.filter((line) => line !== '' && !/^The following errors? occurred:$/.test(line));
  // Two flags that exclude each other make two errors, which say the same.
  const words = text[0]?.startsWith('--') === true ? text[0] : text.join(' ');
  const own = words.replace(/^Parsing (--[\w-]+) Expected/, '$1: expected');
  // A flag that is mistyped carries its value along: --tokn=VALUE.
  return printable(own.replaceAll(/(--[\w-]+)=\S*/g, '$1'), 400);
}
