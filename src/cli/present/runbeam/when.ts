import { printable } from '../../../text.ts';

/** `2026-12-21 10:00 UTC` for an RFC 3339 time or unix seconds; a text that is no time is shown as it is. */
export function when(time: string | number): string {
  const ms = typeof time === 'number' ? time * 1000 : Date.parse(time);
  if (!(Math.abs(ms) <= 8.64e15)) return printable(String(time), 40);
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
