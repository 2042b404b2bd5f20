/** The one place where an error becomes text and an exit code. */
import { now } from '../../clock.ts';
import { BeamError, EXIT_CODES, systemCode } from '../../errors.ts';
import type { Bin } from '../routing/manifest.ts';
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
