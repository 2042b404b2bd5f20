/** What the documents point to is there, and what the package ships points to nothing that it does not. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';
import { PROTOCOL } from '../src/agent/protocol/wire.ts';
import { shippedFiles } from './package.ts';
import { ROOT } from './repository.ts';

/** Files of ours as documents name them; what is built, and what a reader is to add, is not there. */
const REPOSITORY_PATH = /^(?:\.ci|bench|bin|docs|sandbox|scripts|src|test|tools)\/[\w./-]+$/;
const EXAMPLE = /\bfoo\b/;

/** These tell of what was, too. */
const HISTORY = /^(?:CHANGELOG|docs\/performance|docs\/decisions\/.*)\.md$/;

interface Link {
  /** The document, from the top folder. */
  readonly from: string;
  /** The file it leads to, from the top folder. */
  readonly to: string;
  /** The heading it leads to. */
  readonly heading?: string;
}

function documentNames(): string[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  return [...top, ...docs.map((name) => join('docs', name))];
}

function read(name: string): string {
  return readFileSync(join(ROOT, name), 'utf8');
}

/** The prose of a document: what stands in fences is for other readers. */
function proseOf(name: string): string {
  return read(name).replaceAll(/^```[\s\S]*?^```/gm, '');
}

function linksOf(from: string): Link[] {
  const targets = [...proseOf(from).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) => {
      const [path = '', heading] = decodeURI(target).split('#');
      const to = path === '' ? from : relative(ROOT, join(ROOT, dirname(from), path));
      return { from, to, ...(heading === undefined ? {} : { heading }) };
    });
}

/** What a forge makes of the headings of a document. */
function headingsOf(name: string): Set<string> {
  const headings = [...proseOf(name).matchAll(/^#+ +(.+)$/gm)].map((match) => match[1] ?? '');
  return new Set(
    headings.map((heading) =>
      heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

const documents = documentNames();
const links = documents.flatMap(linksOf);
const shipped = [...shippedFiles(), 'package.json'];
const isShipped = (name: string): boolean => shipped.some((one) => name === one || name.startsWith(one + sep));

test('every link leads to a file', () => {
  expect(links.length).toBeGreaterThan(100);
  expect(links.filter(({ to }) => !existsSync(join(ROOT, to)))).toEqual([]);
});

test('every link to a heading leads to one', () => {
  const wanted = links.filter(({ to, heading }) => heading !== undefined && to.endsWith('.md') && existsSync(join(ROOT, to)));
  expect(wanted.filter(({ to, heading = '' }) => !headingsOf(to).has(heading))).toEqual([]);
});

test('what the package ships links to what it ships', () => {
  expect(documents.filter((name) => isShipped(name)).length).toBeGreaterThan(20);
  expect(links.filter(({ from, to }) => isShipped(from) && !isShipped(to))).toEqual([]);
});

test('every file of the repository that a document names is there', () => {
  const named = documents
    .filter((from) => !HISTORY.test(from))
    .flatMap((from) => [...proseOf(from).matchAll(/`([^`\n]+)`/g)].map((match) => ({ from, path: match[1] ?? '' })));
  const paths = named.filter(({ path }) => REPOSITORY_PATH.test(path) && !EXAMPLE.test(path));
  expect(paths.length).toBeGreaterThan(50);
  expect(paths.filter(({ path }) => !existsSync(join(ROOT, path)))).toEqual([]);
});

/** The names of tests in quotation marks, each with the file that was named before it in the same item of a list. */
function quotedTests(name: string): { path: string; test: string }[] {
  const items = proseOf(name).split(/\n(?= *(?:-|\d+\.) |\n)/);
  return items.flatMap((item) => {
    const [, ...pieces] = item.split(/`([\w./-]+\.test\.ts)`/);
    return pieces.flatMap((text, index) =>
      index % 2 === 0
        ? []
        : [...text.matchAll(/"([^"]+)"/g)].map(([, quoted = '']) => ({
            path: pieces[index - 1] ?? '',
            test: quoted.replaceAll(/\s+/g, ' '),
          })),
    );
  });
}

test('every test that SECURITY.md quotes is in the file it names', () => {
  const quoted = quotedTests('SECURITY.md');
  expect(quoted.length).toBeGreaterThan(8);
  expect(quoted.filter((one) => !read(one.path).replaceAll('\\', '').includes(one.test))).toEqual([]);
});

test('docs/protocol.md is about the protocol that is spoken', () => {
  expect(/Version \*\*(\d+)\*\*/.exec(read('docs/protocol.md'))?.[1]).toBe(String(PROTOCOL));
});
