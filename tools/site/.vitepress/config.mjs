// The site of docs/: the same files that a forge shows, with the same addresses, so that a link that leads there leads here, too.
// Plain JavaScript, because what it needs is installed here and not for the other scripts.
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitepress';
import { githubAnchor, likeGithub } from '../markdown.mjs';
import { ROOT, sections } from '../navigation.mjs';

/** Not pages: folders that hold other things, and the page of the repository that the site's own first page stands for. */
const NOT_PAGES = [
  '**/node_modules/**',
  '.build/**',
  'dist/**',
  'release/**',
  'src/**',
  'test/**',
  'README.md',
  'tools/!(site)/**',
];

/** Shown as they are: they are no pages, and pages lead to them. */
const FILES = ['docs/json', 'docs/pictures', 'docs/sdk/api', 'LICENSE'];

/** What draws diagrams, as its package has it for browsers. */
const MERMAID = join(import.meta.dirname, '../node_modules/mermaid/dist');
const DIAGRAMS = ['mermaid.esm.min.mjs', 'chunks/mermaid.esm.min'];

export default defineConfig({
  title: 'beamd and runbeam',
  description: 'Log in once, act for many orgs, authorize gateways.',
  lang: 'en',
  base: process.env.DOCS_BASE ?? '/',
  srcDir: ROOT,
  srcExclude: NOT_PAGES,
  outDir: process.env.DOCS_OUT ?? join(ROOT, '.build/site'),
  cacheDir: join(ROOT, '.build/site-cache'),
  metaChunk: true,
  // A page in a folder's place, as a forge shows it.
  rewrites: (path) => (path === 'tools/site/index.md' ? 'index.md' : path.replace(/(^|\/)README\.md$/, '$1index.md')),
  markdown: {
    anchor: { slugify: githubAnchor },
    config: likeGithub,
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-default' },
    languageAlias: { crontab: 'sh' },
  },
  // The links are checked when the site is there, with what they lead to: see scripts/site.ts.
  ignoreDeadLinks: true,
  buildEnd: ({ outDir }) => {
    for (const name of FILES) cpSync(join(ROOT, name), join(outDir, name), { recursive: true });
    for (const name of DIAGRAMS)
      cpSync(join(MERMAID, name), join(outDir, 'mermaid', name), { recursive: true, filter: (path) => !path.endsWith('.map') });
  },
  vite: {
    publicDir: false,
  },
  themeConfig: {
    siteTitle: 'beamd',
    nav: sections()
      .flatMap(({ text, items: [first] }) => (first === undefined ? [] : [{ text, link: first.link }]))
      .slice(0, 4),
    sidebar: sections(),
    outline: [2, 3],
    search: { provider: 'local' },
    docFooter: { prev: 'Before this', next: 'After this' },
    notFound: {
      title: 'There is no such page',
      quote: 'It may have been renamed. The search above finds what it was about.',
      linkLabel: 'Go to the first page',
      linkText: 'To the first page',
    },
    externalLinkIcon: true,
    footer: { message: licence() },
  },
});

function licence() {
  const path = join(ROOT, 'LICENSE');
  return existsSync(path) && readFileSync(path, 'utf8').includes('Apache License') ? 'Apache License 2.0' : '';
}
