/** `runbeam harmony:tokens`: the machine tokens that were issued from here, and how long they live. Never a token itself. */
import { BeamError } from '../../../errors.ts';
import { endOf, tokenRows, type StandingDeps, type TokenRow } from '../../../runbeam/token-standing.ts';
import { parseSpan } from '../../span.ts';

export interface TokensInput {
  /** Only what ends within this span, or has ended: `7d`. */
  readonly due?: string | undefined;
  /** Also those that newer ones have replaced. */
  readonly all?: boolean;
}

/** All of them, those that end first before the others. Throws `usage` for what is no span, and as `tokenRows`. */
export async function listTokens(context: StandingDeps, { due, all = false }: TokensInput = {}): Promise<TokenRow[]> {
  const within = due === undefined ? undefined : dueSeconds(due);
  const rows = await tokenRows(context);
  const wanted = all ? rows : rows.filter(({ standing }) => standing !== 'replaced');
  return within === undefined ? wanted : wanted.filter((row) => isDue(row, context.clock.now() + within * 1000));
}

/** Seconds of `--due`. Throws `usage`. */
export function dueSeconds(due: string): number {
  const seconds = parseSpan(due);
  if (seconds !== undefined) return seconds;
  throw new BeamError('usage', '--due takes a span: 12h, 7d', { hint: { command: 'runbeam harmony:tokens --due 7d' } });
}

/** Something is to be done about it before `until`, milliseconds since 1970. */
export function isDue(row: Pick<TokenRow, 'standing' | 'expiresAt'>, until: number): boolean {
  return row.standing === 'undelivered' || row.standing === 'unreadable' || endOf(row) <= until;
}
