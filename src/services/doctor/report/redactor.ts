/** What is said of a text in a report that leaves the machine: a name becomes a number, the same name the same number. */
import { extname, join, sep } from 'node:path';
import type { HomeEntry } from '../../../store/home-entries.ts';
import type { Moment, Private } from './text.ts';

export interface RedactorOptions {
  /** Home folders, by what they are called in the report. */
  readonly homes: ReadonlyMap<string, string>;
  readonly entries: readonly HomeEntry[];
  /** Names of servers stay as they are. */
  readonly withHosts: boolean;
}

/** Endings that say of which kind a file is. */
const KINDS = /^\.(?:yaml|json|sock|lock|g\d+|pid|at|start|log|key|age|tmp|\d)$/u;

/** One report's way of speaking of what is somebody's. */
export function createRedactor({ homes, entries, withHosts }: RedactorOptions): (part: Private | Moment) => string {
  const numbers = new Map<string, number>();
  const counts = new Map<string, number>();
  const fixed = new Set(entries.filter((entry) => entry.fixed).map(({ path }) => path));

  const numbered = (kind: string, value: string): string => {
    const known = `${kind}\0${value}`;
    let number = numbers.get(known);
    if (number === undefined) {
      number = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, number);
      numbers.set(known, number);
    }
    return `<${kind} ${String(number)}>`;
  };

  /** Below a home folder, its own names as they are. */
  const pathName = (path: string): string => {
    for (const [called, home] of homes) {
      if (path === home) return called;
      if (!path.startsWith(home + sep)) continue;
      let at = home;
      const parts = path.slice(home.length + 1).split(sep);
      return [called, ...parts.map((part) => segment((at = join(at, part)), part))].join('/');
    }
    return numbered('path', path);
  };

  const segment = (path: string, part: string): string => {
    if (fixed.has(path)) return part;
    const ending = extname(part);
    return numbered('name', part.slice(0, part.length - ending.length)) + (KINDS.test(ending) ? ending : '');
  };

  return (part) => {
    if ('unixSeconds' in part) return new Date(part.unixSeconds * 1000).toISOString();
    if (part.kind === 'host' && withHosts) return part.value;
    if (part.kind === 'path') return pathName(part.value);
    return part.instead === undefined ? numbered(part.kind, part.value) : `<${part.instead}>`;
  };
}
