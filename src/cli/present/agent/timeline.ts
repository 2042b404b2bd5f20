/** A session drawn on one line: its earlier lives, the present one, what is left of it, and its refreshes. */
import type { AgentActivity } from '../../../agent/protocol/agent.ts';
import type { Style } from '../../output/style.ts';

/** How much is drawn of what was before the present life, in lives. */
const EARLIER = 2;

const UNICODE = { earlier: '·', spent: '━', left: '─', now: '┃', refresh: '◆', failed: '✗' } as const;
const ASCII = { earlier: '.', spent: '=', left: '-', now: '|', refresh: 'o', failed: 'x' } as const;

type Session = Pick<AgentActivity, 'issuedAt' | 'expiresAt' | 'refreshLog'>;

/**
 * `width` columns from before the last refreshes to the end of the token; undefined for a session without an end.
 *
 * @param now - milliseconds
 */
export function timeline(
  { issuedAt, expiresAt, refreshLog }: Session,
  now: number,
  width: number,
  style: Style,
): string | undefined {
  if (issuedAt === undefined || expiresAt === undefined || width < 3) return undefined;
  const seconds = now / 1000;
  const life = Math.max(1, expiresAt - issuedAt);
  const earliest = Math.max(issuedAt - EARLIER * life, Math.min(issuedAt, ...refreshLog.map(({ at }) => at)));
  const last = Math.max(expiresAt, seconds);
  const column = (at: number): number => Math.round(((at - earliest) / (last - earliest)) * (width - 1));
  const signs = style.unicode ? UNICODE : ASCII;
  const cells = Array.from({ length: width }, (_, at): string => {
    if (at < column(issuedAt)) return style.dim(signs.earlier);
    if (at > column(expiresAt)) return style.dim(signs.earlier);
    return at < column(seconds) ? style.dim(signs.spent) : style.green(signs.left);
  });
  const put = (at: number, sign: string): void => {
    if (at >= earliest && at <= last) cells[column(at)] = sign;
  };
  for (const { at, failed } of refreshLog) if (failed === undefined) put(at, style.green(signs.refresh));
  for (const { at, failed } of refreshLog) if (failed !== undefined) put(at, style.red(signs.failed));
  put(seconds, style.bold(signs.now));
  return cells.join('');
}
