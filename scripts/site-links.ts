/** Every link of the site that was built leads to a page, a file or a heading of it. Links to elsewhere are not asked. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';

interface Link {
  readonly page: string;
  readonly to: string;
}

/**
 * A line for each link of the pages in `folder` that leads nowhere.
 *
 * @param base - the path of the site on its host; begins and ends with a slash
 */
export function deadLinks(folder: string, base: string): string[] {
  const pages = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'));
  const texts = new Map(pages.map((page) => [page, readFileSync(join(folder, page), 'utf8')]));
  const links = [...texts].flatMap(([page, text]) => linksOf(page, text));
  return links.filter((link) => !leadsOn(link, folder, base, texts)).map(({ page, to }) => `${page} leads to ${to}`);
}

function linksOf(page: string, text: string): Link[] {
  const targets = [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map((match) => (match[1] ?? '').replaceAll('&amp;', '&'));
  return [...new Set(targets)].filter((to) => !/^(?:[a-z]+:|\/\/)/.test(to)).map((to) => ({ page, to }));
}

function leadsOn({ page, to }: Link, folder: string, base: string, texts: ReadonlyMap<string, string>): boolean {
  const [path = '', heading] = to.split('#');
  // A path from the top that is not below the base leaves the site.
  if (path.startsWith('/') && !path.startsWith(base)) return false;
  const own = path.startsWith('/') ? path.slice(base.length) : posix.join(posix.dirname(page), path);
  const file = path === '' ? page : fileOf(folder, decodeURI(own));
  if (file === undefined) return false;
  return heading === undefined || heading === '' || texts.get(file)?.includes(` id="${decodeURIComponent(heading)}"`) === true;
}

/** The file that a server gives for a path. */
function fileOf(folder: string, path: string): string | undefined {
  const found = [path, `${path}.html`, posix.join(path, 'index.html')].find((name) =>
    statSync(join(folder, name), { throwIfNoEntry: false })?.isFile(),
  );
  return found === undefined || !existsSync(join(folder, found)) ? undefined : posix.normalize(found);
}
