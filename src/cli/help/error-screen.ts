/** `help error CODE`. */
import { BeamError, EXIT_CODES, EXIT_MEANINGS, isErrorCode } from '../../errors.ts';
import { didYouMean } from '../../nearest.ts';
import { printable } from '../../text.ts';
import type { Bin } from '../routing/manifest.ts';
import { explained } from './errors/explained.ts';
import type { Layout } from './layout.ts';

/** What `help error CODE` shows, the code in any case. Throws `usage` for what is no code. */
export function errorScreen(bin: Bin, typed: string, { section, paragraph, list }: Layout): string {
  const code = typed.toLowerCase().replaceAll('-', '_');
  if (!isErrorCode(code)) {
    const message = `There is no error code ${printable(typed, 40)}${didYouMean(typed, Object.keys(EXIT_CODES))}`;
    throw new BeamError('usage', message, { hint: { command: `${bin} help error` } });
  }
  const { what, says, causes } = explained(bin, code);
  const exit = EXIT_CODES[code];
  const helps = causes.map(([why, fix]) => `${paragraph(why, 2)}\n${paragraph(fix, 4)}`);
  return [
    section(code, paragraph(what, 2)),
    section('EXIT CODE', list([[String(exit), EXIT_MEANINGS[exit]]])),
    ...(says.length === 0 ? [] : [section('AS IN', ...says.map((message) => paragraph(message.replaceAll('…', '...'), 2)))]),
    section('WHY, AND WHAT HELPS', helps.join('\n\n')),
  ].join('\n\n');
}
