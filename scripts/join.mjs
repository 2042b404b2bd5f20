// Joins files of a split bundle into one. Node takes the better part of a millisecond for each file it imports, and esbuild
// makes a file of every set of modules that some two programs share: the everyday commands would load fifty.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { build } from 'esbuild';

/** The files that `names` import statically, themselves included; what is imported comes first. */
function closureOf(names, outputs) {
  const found = new Set();
  const visited = new Set();
  const visit = (name) => {
    if (visited.has(name) || outputs[name] === undefined) return;
    visited.add(name);
    for (const { path, kind } of outputs[name].imports) if (kind === 'import-statement') visit(basename(path));
    found.add(name);
  };
  for (const name of names) visit(name);
  return [...found];
}

function fileOf(module, outputs) {
  const found = Object.entries(outputs).find(([, { entryPoint }]) => entryPoint === module);
  if (found === undefined) throw new Error(`${module} is no file of the bundle: nothing imports it on demand any more`);
  return found[0];
}

const list = (names, rename) => names.map((name) => rename(name)).join(',');

/** The text of a file, without the banner if nothing in it needs one. */
async function textOf(path, banner) {
  const text = await readFile(path, 'utf8');
  const body = text.startsWith(banner) ? text.slice(banner.length) : text;
  return /\brequire\b/.test(body) ? text : body;
}

/** Members come from the folder; everything else stays a file of its own. */
function membersOnly(folder, members, banner) {
  return {
    name: 'members',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\// }, ({ path }) =>
        members.includes(basename(path)) ? { path: resolve(folder, path) } : { path, external: true },
      );
      onLoad({ filter: /\.js$/ }, async ({ path }) => ({ contents: await textOf(path, banner), loader: 'js' }));
    },
  };
}

/**
 * Puts `into`, the modules of `modules` (each a file of the bundle in `folder`) and all that these import into the one
 * file `into`. What other files import of them, they get from there. Changes `outputs` accordingly.
 */
export async function joinFiles({ folder, outputs, options, banner, into, modules }) {
  const members = closureOf([...modules.map((module) => fileOf(module, outputs)), into], outputs);
  const alias = (member) => (name) => (member === into ? name : `m${members.indexOf(member)}_${name}`);
  const contents = members.map((member) => {
    const { exports: names } = outputs[member];
    const given = list(names, (name) => `${name} as ${alias(member)(name)}`);
    return names.length === 0 ? `import './${member}';` : `export {${given}} from './${member}';`;
  });
  const { metafile, outputFiles } = await build({
    ...options,
    stdin: { contents: contents.join('\n'), resolveDir: folder },
    outfile: join(folder, into),
    plugins: [membersOnly(folder, members, banner)],
    metafile: true,
    write: false,
  });
  await writeFile(join(folder, into), outputFiles[0].contents);
  const inputs = Object.assign({}, ...members.map((member) => outputs[member].inputs));
  const [joined] = Object.values(metafile.outputs);
  outputs[into] = { ...outputs[into], inputs, bytes: joined.bytes, imports: joined.imports };
  await redirect({ folder, outputs, into, members, alias });
}

async function redirect({ folder, outputs, into, members, alias }) {
  const others = Object.entries(outputs).filter(([name]) => !members.includes(name));
  const wanted = new Set(others.flatMap(([, { imports }]) => imports.map(({ path }) => basename(path))));
  for (const member of members.filter((name) => name !== into)) {
    const { entryPoint, exports: names } = outputs[member];
    delete outputs[member];
    await rm(join(folder, member));
    if (!wanted.has(member)) continue;
    const text = names.length === 0 ? `import './${into}';\n` : `export {${list(names, (name) => `${alias(member)(name)} as ${name}`)}} from './${into}';\n`;
    await writeFile(join(folder, member), text);
    outputs[member] = { bytes: text.length, entryPoint, exports: names, inputs: {}, imports: [{ path: into, kind: 'import-statement' }] };
  }
}
