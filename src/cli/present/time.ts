/** Moments and spans, as a text and as JSON have them: there RFC 3339, which means the same everywhere. */
export { rfc3339 } from '../../clock.ts';
export { moment, relativeMoment, said } from '../../services/moment.ts';
export { daysLeft, span, spanLeft } from '../../services/span.ts';

/**
 * What to say of a clock that is wrong: `5 min ahead of edge.example.com`.
 *
 * @param skew - seconds that this machine's clock is ahead of the server's; negative: behind
 */
export function describeSkew(skew: number, server: string): string {
  return `${roughSpan(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} ${server}`;
}

/** `95 min`, `30 h`, `3 days`: rounded, and by the smaller unit where the larger would say too little. */
function roughSpan(seconds: number): string {
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
