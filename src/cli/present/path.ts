import { sep } from 'node:path';
import type { Homes } from '../../store/paths.ts';
import { printable } from '../../text.ts';

/** Whose home folder is written `~`. */
export type Home = Pick<Homes, 'user'>;

/**
 * A path, to be read by a person: what is below the home folder begins with `~`. What is to be typed, or goes into JSON, stays
 * whole.
 */
export function shortPath(path: string, { user }: Home): string {
  const isBelow = user !== '' && path.startsWith(`${user}${sep}`);
  return printable(isBelow ? `~${path.slice(user.length)}` : path, 1_000);
}
