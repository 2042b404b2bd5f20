/** `--since`: a moment, or how long ago it was. */
import { BeamError } from '../../errors.ts';

/** Seconds of a unit, as spans are written here: `30 min`, `2 h`. */
const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3_600, d: 86_400 };

const SPAN = /^(\d{1,9}) ?(s|m|min|h|d)$/;

/** RFC 3339, and shorter: without a zone it is UTC, as in a log. */
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?: ?(Z|UTC|[+-]\d\d:\d\d))?)?$/;

/**
 * Milliseconds since 1970. Throws `usage` for what is neither.
 *
 * @param now - milliseconds
 */
export function parseSince(text: string, now: number): number {
  const [, count, unit] = SPAN.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return now - Number(count) * (UNITS[unit] ?? 0) * 1000;
  const [, day, time = '00:00', zone = 'Z'] = MOMENT.exec(text) ?? [];
  const moment = day === undefined ? NaN : Date.parse(`${day}T${time}${zone === 'UTC' ? 'Z' : zone}`);
  if (!Number.isNaN(moment)) return moment;
  throw new BeamError('usage', '--since takes a span (30m, 2h, 3d) or a time (2026-12-21T10:00:00Z)', {
    hint: { command: 'beamd agent log --since 1h' },
  });
}
