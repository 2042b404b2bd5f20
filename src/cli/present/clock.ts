/** What to say of a clock that is wrong: `5 min ahead of edge.example.com`. */

/** @param skew - seconds that this machine's clock is ahead of the server's; negative: behind */
export function describeSkew(skew: number, server: string): string {
  return `${span(Math.abs(skew))} ${skew > 0 ? 'ahead of' : 'behind'} ${server}`;
}

function span(seconds: number): string {
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
