/** A file of help pages, as the build renders them: a form feed, the key, a line feed, the text. */
import type { Bin } from '../manifest.ts';

/** How help looks: `coloured` on a terminal that shows colours, else `plain`. */
export type Look = 'plain' | 'coloured';

/** Key of a page: `root`, `command agent:start`, `topic agent`. */
export type PageKey = 'root' | `${'command' | 'topic'} ${string}`;

/** Stands in the pages for what depends on who runs them. */
export const USER_AGENT = '\u0001';

/** Name of the file, beside the programs. */
export function pagesFile(bin: Bin, look: Look): string {
  return `help-${bin}-${look}.txt`;
}

export function joinPages(pages: ReadonlyMap<PageKey, string>): string {
  return [...pages].map(([key, text]) => `\f${key}\n${text}`).join('');
}

/** Undoes `joinPages`. */
export function splitPages(file: string): Map<string, string> {
  const pages = file.split('\f').slice(1);
  return new Map(pages.map((page) => [page.slice(0, page.indexOf('\n')), page.slice(page.indexOf('\n') + 1)]));
}
