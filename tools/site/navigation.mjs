// What stands in the margin of the site: every page that there is. A new page needs no entry; one without a place stands last.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** By what one looks for. A folder stands for all of its pages. */
const SECTIONS = [
  [
    'Start',
    [
      'docs/tutorial.md',
      'docs/install.md',
      'docs/questions.md',
      'docs/guides/logging-in.md',
      'docs/guides/gateways.md',
      'docs/migration.md',
    ],
  ],
  ['Guides', ['docs/guides/']],
  ['Concepts', ['docs/concepts/', 'docs/glossary.md']],
  [
    'Reference',
    [
      'docs/commands/',
      'docs/guides/environment.md',
      'docs/files.md',
      'docs/errors.md',
      'docs/guides/scripting.md',
      'docs/json.md',
      'docs/protocol.md',
      'docs/sdk/',
      'docs/contracts.md',
    ],
  ],
  ['Security', ['SECURITY.md', 'docs/guides/agent-and-secrets.md']],
  [
    'Inside',
    ['ARCHITECTURE.md', 'docs/decisions/', 'docs/performance.md', 'CONTRIBUTING.md', 'docs/releasing.md', 'CHANGELOG.md'],
  ],
  ['More', ['docs/']],
];

const read = (path) => readFileSync(join(ROOT, path), 'utf8');

/** The first heading of a page, without marks. */
function titleOf(path) {
  return (/^# (.+)$/m.exec(read(path))?.[1] ?? path).replaceAll('`', '');
}

/** The pages of a folder: its own page, then those in the order in which that leads to them, then the others. */
function pagesIn(folder) {
  const names = readdirSync(join(ROOT, folder), { recursive: folder === 'docs/', encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  const own = names.includes('README.md') ? read(`${folder}README.md`) : '';
  const led = [...own.matchAll(/\]\(([\w-]+\.md)/g)].map((match) => match[1]);
  return [...new Set(['README.md', ...led, ...names.toSorted()])]
    .filter((name) => names.includes(name))
    .map((name) => folder + name);
}

/** Sections with their pages, as the theme wants them; a page is in the first section that names it by itself, else in its folder's. */
export function sections() {
  const named = new Set(SECTIONS.flatMap(([, places]) => places).filter((place) => place.endsWith('.md')));
  const placed = new Set();
  return SECTIONS.map(([text, places]) => {
    const pages = places.flatMap((place) => (place.endsWith('/') ? pagesIn(place).filter((page) => !named.has(page)) : [place]));
    const fresh = pages.filter((page) => existsSync(join(ROOT, page)) && page !== 'README.md' && !placed.has(page));
    for (const page of fresh) placed.add(page);
    return {
      text,
      items: fresh.map((page) => ({ text: titleOf(page), link: `/${page.replace(/README\.md$/, '').replace(/\.md$/, '')}` })),
    };
  }).filter(({ items }) => items.length > 0);
}
