/** Every error code with what it means, what brings it about and what to do then: `help error CODE`, and docs/errors.md. */
import { EXIT_CODES, EXIT_MEANINGS, isErrorCode, BeamError, type ErrorCode } from '../../../errors.ts';
import { didYouMean } from '../../../nearest.ts';
import { printable } from '../../../text.ts';
import type { Bin } from '../../routing/manifest.ts';
import type { Layout } from '../layout.ts';
import { inWordsOf, type Explanation } from './explanation.ts';
import { HERE } from './here.ts';
import { LOGIN } from './login.ts';
import { NETWORK } from './network.ts';
import { POLICY } from './policy.ts';
import { USAGE } from './usage.ts';

/** A code without an explanation is a type error. */
const EXPLAINED: Readonly<Record<ErrorCode, Explanation>> = { ...USAGE, ...LOGIN, ...NETWORK, ...POLICY, ...HERE };

/** Every code with its explanation in words of a program, in the order of the table of exit codes. */
export function explainedCodes(bin: Bin): readonly (readonly [code: ErrorCode, explanation: Explanation])[] {
  return Object.keys(EXIT_CODES)
    .filter(isErrorCode)
    .map((code) => [code, inWordsOf(bin, EXPLAINED[code])]);
}

/** What `help error CODE` shows. Throws `usage` for what is no code. */
export function errorScreen(bin: Bin, code: string, { section, paragraph, list }: Layout): string {
  if (!isErrorCode(code)) {
    const message = `There is no error code ${printable(code, 40)}${didYouMean(code, Object.keys(EXIT_CODES))}`;
    throw new BeamError('usage', message, { hint: { command: `${bin} help error` } });
  }
  const { what, says, causes } = inWordsOf(bin, EXPLAINED[code]);
  const exit = EXIT_CODES[code];
  const helps = causes.map(([why, fix]) => `${paragraph(why, 2)}\n${paragraph(fix, 4)}`);
  return [
    section(code, paragraph(what, 2)),
    section('EXIT CODE', list([[String(exit), EXIT_MEANINGS[exit]]])),
    ...(says.length === 0 ? [] : [section('AS IN', ...says.map((message) => paragraph(message.replaceAll('…', '...'), 2)))]),
    section('WHY, AND WHAT HELPS', helps.join('\n\n')),
  ].join('\n\n');
}
