import { expect, test } from 'vitest';
import { rolldown } from 'rolldown';
import { markPure } from './pure-calls.ts';

test.each([
  ['const a = f(g(1), new H());', 'const a = /* @__PURE__ */ f(/* @__PURE__ */ g(1), /* @__PURE__ */ new H());'],
  ['export const a: T = { ...b } as const;', 'export const a: T = /* @__PURE__ */ (() => ({ ...b } as const))();'],
  ['const a = f({ ...b });', 'const a = /* @__PURE__ */ (() => (/* @__PURE__ */ f({ ...b })))();'],
  ['const a = () => f(), b = function () { f(); }, c = 1;', 'const a = () => f(), b = function () { f(); }, c = 1;'],
  ['let a = f();\ng();\nfunction h() { return f({ ...b }); }', 'let a = f();\ng();\nfunction h() { return f({ ...b }); }'],
])('%s', (code, marked) => {
  expect(markPure(code)).toBe(marked);
});

test('a bundler leaves out what is marked and not used', async () => {
  const source =
    "const part = { ...f('of nothing') };\nexport const used = f({ ...f('of use') });\nexport const all = [unused(part)];";
  const withMarks = markPure(source);
  expect((await bundled(source)).includes('of nothing')).toBe(true);
  const code = await bundled(withMarks);
  expect([code.includes('of use'), code.includes('of nothing'), code.includes('unused')]).toEqual([true, false, false]);
});

/** A program that takes one thing of this source. */
async function bundled(source: string): Promise<string> {
  const files: Readonly<Record<string, string>> = { entry: "import { used } from 'source';\nconsole.log(used);", source };
  const bundle = await rolldown({
    input: 'entry',
    plugins: [{ name: 'memory', resolveId: (id) => id, load: (id) => files[id] ?? null }],
  });
  const { output } = await bundle.generate({ format: 'es' });
  await bundle.close();
  return output[0].code;
}
