/**
 * Marks what the source makes while it is loaded as pure. No module of it has an effect by being loaded, as package.json says;
 * but the library is one file for each entry, and of that a bundler keeps every call and every spread that has no such mark.
 */
import { join } from 'node:path';
import type { Plugin } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { ROOT } from './repository.ts';

const MARK = '/* @__PURE__ */ ';

/** What a function does is done when it is called. */
const LATER: ReadonlySet<string> = new Set(['ArrowFunctionExpression', 'FunctionExpression']);

const CALLS: ReadonlySet<string> = new Set(['CallExpression', 'NewExpression']);

interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** For a bundle of `src`. */
export const pureCalls: Plugin = {
  name: 'pure-calls',
  transform: (code, id) => (id.startsWith(join(ROOT, 'src')) && id.endsWith('.ts') ? { code: markPure(code), map: null } : null),
};

/** The same TypeScript, with a mark before each call in what a constant of the module is. A spread takes a call around the whole. */
export function markPure(code: string): string {
  const insertions = parseAst(code, { lang: 'ts' }).body.flatMap((statement) => {
    const declared = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declared?.type !== 'VariableDeclaration' || declared.kind !== 'const') return [];
    return declared.declarations.flatMap(({ init }) => (init === null ? [] : marksIn(init)));
  });
  const backwards = insertions.map((insertion, index) => ({ ...insertion, index }));
  backwards.sort((a, b) => b.at - a.at || b.index - a.index);
  return backwards.reduce((marked, { at, text }) => marked.slice(0, at) + text + marked.slice(at), code);
}

function marksIn(init: { readonly start: number; readonly end: number }): Insertion[] {
  const found = { calls: [] as number[], spreads: false };
  look(init, found);
  const marks = found.calls.map((at) => ({ at, text: MARK }));
  if (!found.spreads) return marks;
  return [{ at: init.start, text: `${MARK}(() => (` }, ...marks, { at: init.end, text: '))()' }];
}

function look(node: unknown, found: { readonly calls: number[]; spreads: boolean }): void {
  if (typeof node !== 'object' || node === null) return;
  const { type, start } = node as { readonly type?: unknown; readonly start?: unknown };
  if (typeof type === 'string' && LATER.has(type)) return;
  if (typeof type === 'string' && CALLS.has(type) && typeof start === 'number') found.calls.push(start);
  if (type === 'SpreadElement') found.spreads = true;
  for (const child of Object.values(node)) look(child, found);
}
