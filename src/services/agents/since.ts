/** `--since`: a moment, or how long ago it was. */
import { BeamError } from '../../errors.ts';
import { parseSpan } from '../span.ts';

/** RFC 3339, and shorter: without a zone it is UTC, as in a log. */
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?: ?(Z|UTC|[+-]\d\d:\d\d))?)?$/;

/**
 * Milliseconds since 1970. Throws `usage` for what is neither.
 *
 * @param now - milliseconds
 */
export function parseSince(text: string, now: number): number {
  const seconds = parseSpan(text);
  if (seconds !== undefined) return now - seconds * 1000;
  const [, day, time = '00:00', zone = 'Z'] = MOMENT.exec(text) ?? [];
  const moment = day === undefined ? NaN : Date.parse(`${day}T${time}${zone === 'UTC' ? 'Z' : zone}`);
  if (!Number.isNaN(moment)) return moment;
  throw new BeamError('usage', '--since takes a span (30m, 2h, 3d) or a time (2026-12-21T10:00:00Z)', {
    hint: { command: 'beamd agent log --since 1h' },
  });
}
