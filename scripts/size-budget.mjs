// How many bytes the quickest commands may load, by esbuild's account of the last build (.build/product.json).
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

/** About a tenth more than they take: what is added to them is to be meant. */
const BUDGETS = [
  { command: 'beamd token', files: ['beamd.js'], bytes: 35_000 },
  { command: 'beamd whoami', files: ['beamd.js', 'quick.js'], bytes: 235_000 },
];

/** Libraries that cost more than a whole start of Node, and are loaded on demand or not at all. */
const HEAVY = ['@oclif/core', 'age-encryption', 'jose', 'openid-client', 'ora', 'yaml'];

/** The files that `names` load before they run, themselves included. */
function loadedBy(names, outputs, found = new Set()) {
  for (const name of names) {
    const output = outputs[name];
    if (output === undefined || found.has(name)) continue;
    found.add(name);
    const imported = output.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => basename(path));
    loadedBy(imported, outputs, found);
  }
  return [...found];
}

function problemsOf({ command, files, bytes }, outputs) {
  const missing = files.filter((name) => outputs[name] === undefined);
  if (missing.length > 0) return [`${command}: the build has no ${missing.join(', ')}`];
  const loaded = loadedBy(files, outputs);
  const size = loaded.reduce((sum, name) => sum + outputs[name].bytes, 0);
  const inputs = loaded.flatMap((name) => Object.keys(outputs[name].inputs));
  const heavy = HEAVY.filter((library) => inputs.some((path) => path.includes(`node_modules/${library}/`)));
  return [
    ...(size > bytes ? [`${command} loads ${size} bytes (${loaded.join(', ')}), ${bytes} are allowed`] : []),
    ...heavy.map((library) => `${command} loads ${library} before it needs it`),
  ];
}

/** What breaks the budget, a line each. */
export function checkSizes() {
  const outputs = JSON.parse(readFileSync('.build/product.json', 'utf8'));
  return BUDGETS.flatMap((budget) => problemsOf(budget, outputs));
}
