import type { Revoked } from '../../../services/runbeam/tokens/revoke.ts';
import type { Standing, TokenRow } from '../../../runbeam/token-standing.ts';
import { omitUndefined } from '../../../omit-undefined.ts';
import { printable } from '../../../text.ts';
import type { RevokeJson, TokenRowJson, TokensJson } from '../../json/runbeam/tokens.ts';
import { hintLine, type Style } from '../../output/style.ts';
import { daysLeft, moment } from '../time.ts';
import { instanceJson } from './instances.ts';

/** Columns of a bar: a day each. */
const DAYS = 30;

const DAY = 86_400_000;

/** Days left from which on a token is due soon, and due now. */
const [SOON, NOW] = [7, 3];

/** What a text says of one that is not as it should be. */
export const SAID: Readonly<Record<Standing, string>> = {
  live: '',
  expired: 'expired',
  undelivered: 'not delivered',
  perhaps_issued: 'perhaps issued',
  lost: 'lost',
  replaced: 'replaced',
  unreadable: 'unknown: no key here opens it',
};

/** @param now - milliseconds */
export function presentTokens(rows: readonly TokenRow[], style: Style, now: number, due: boolean): string {
  if (rows.length === 0) {
    if (due) return 'No machine token is due';
    return `No machine token from here is in use\n${hintLine({ command: 'runbeam harmony:authorize -l LABEL' })}`;
  }
  const cells = rows.map((row) => [
    nameOf(row),
    bar(row, style, now),
    endsLine(row, now),
    paint(row, style, now)(row.givenOut === true ? 'given out' : SAID[row.standing]),
  ]);
  // Where all is as it should be there is nothing below it.
  const state = cells.some((row) => row[3] !== '') ? ['STATE'] : [];
  return [style.table(cells, ['GATEWAY', 'DAYS LEFT OF 30', 'ENDS', ...state]), ...nextSteps(rows)].join('\n');
}

/** Of its gateway, fit for one line. */
export const nameOf = ({ instance, gatewayCode }: TokenRow): string => printable(instance?.label ?? gatewayCode, 60);

function endsLine({ expiresAt }: TokenRow, now: number): string {
  return expiresAt === undefined ? '-' : moment(expiresAt, now);
}

/** A column for each day that is left, that of today too; where nobody looks at it, how many. */
function bar(row: TokenRow, style: Style, now: number): string {
  const end = Date.parse(row.expiresAt ?? '');
  if (Number.isNaN(end)) return '';
  const left = Math.max(end > now ? 1 : 0, Math.min(DAYS, daysLeft((end - now) / 1000)));
  if (style.columns === Infinity) return String(left);
  const [full, empty] = style.unicode ? ['█', '░'] : ['#', '.'];
  return paint(row, style, now)(full.repeat(left)) + style.dim(empty.repeat(DAYS - left));
}

/** How soon something is to be done about a token; `gone`: nothing is. */
export type Urgency = 'gone' | 'fine' | 'soon' | 'now';

/** @param now - milliseconds */
export function urgencyOf({ standing, expiresAt }: TokenRow, now: number): Urgency {
  if (standing === 'replaced') return 'gone';
  const days = (Date.parse(expiresAt ?? '') - now) / DAY;
  if (standing !== 'live') return standing === 'undelivered' || days > SOON ? 'soon' : 'now';
  if (days > SOON) return 'fine';
  return days > NOW ? 'soon' : 'now';
}

const COLOURS = { gone: 'dim', fine: 'green', soon: 'yellow', now: 'red' } as const;

function paint(row: TokenRow, style: Style, now: number): (text: string) => string {
  return style[COLOURS[urgencyOf(row, now)]];
}

/** What is to be done about what is not as it should be. */
function nextSteps(rows: readonly TokenRow[]): string[] {
  const has = (standing: Standing): boolean => rows.some((row) => row.standing === standing);
  const waits = rows.filter(({ standing }) => standing === 'undelivered');
  const isElsewhere = waits.some(({ instance }) => instance === undefined);
  return [
    ...(waits.some(({ instance }) => instance !== undefined) || has('expired')
      ? [hintLine({ command: 'runbeam harmony:renew --due 7d' })]
      : []),
    ...(isElsewhere
      ? [hintLine({ text: 'What waits for a secret engine is brought there by: runbeam harmony:renew --to TARGET' })]
      : []),
    ...(has('perhaps_issued')
      ? ['Perhaps issued: the cloud was asked and its answer never came. If there is such a token, nobody has it']
      : []),
    ...(has('lost') ? ['Lost: it was issued, and is neither here nor at the gateway'] : []),
  ];
}

export function tokensJson(rows: readonly TokenRow[]): TokensJson {
  return { tokens: rows.map(rowJson) };
}

function rowJson({ standing, givenOut, instance, gatewayCode, gatewayId, cloud, issuedAt, expiresAt }: TokenRow): TokenRowJson {
  return omitUndefined({
    standing,
    given_out: givenOut,
    instance: instance && instanceJson(instance),
    gateway_code: gatewayCode,
    gateway_id: gatewayId,
    cloud,
    issued_at: issuedAt,
    expires_at: expiresAt,
  });
}

/** @param now - milliseconds */
export function presentRevoked({ instance, removed, alive }: Revoked, style: Style, now: number): string {
  const label = style.bold(printable(instance.label, 60));
  const head =
    removed.length === 0
      ? style.done(`The ledger counts the machine tokens of ${label} as ended; none was stored here`)
      : style.done(`Deleted the machine token of ${label} here`);
  const [last] = alive.slice(-1);
  const until = last?.expiresAt === undefined ? 'until it expires' : `until it ends ${moment(last.expiresAt, now)}`;
  return [
    head,
    style.warning(
      `Runbeam Cloud has no call that ends a machine token: whoever has a copy, the gateway too, can use it ${until}`,
    ),
    hintLine({ text: 'To shut the gateway out before that, remove it in the Runbeam Cloud dashboard' }),
  ].join('\n');
}

export function revokeJson({ instance, removed, alive }: Revoked): RevokeJson {
  return { instance: instanceJson(instance), removed: [...removed], alive: alive.map(rowJson) };
}
