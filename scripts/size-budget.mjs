// How many bytes the quickest commands load, by the bundler's account of the last build (.build/product.json).
import { readFileSync } from 'node:fs';

/** About a tenth more than they take: what is added to them is to be meant. */
const BUDGETS = [
  { command: 'beamd token', files: ['token.cjs'], bytes: 8_800 },
  { command: 'beamd --help', files: ['quick.cjs', 'help.cjs'], bytes: 9_500 },
  { command: 'beamd whoami', files: ['quick.cjs', 'quick-everyday'], bytes: 81_000 },
];

/** Libraries that cost more than a whole start of Node, and are loaded on demand or not at all. */
const HEAVY = ['@oclif/core', 'age-encryption', 'jose', 'openid-client', 'ora', 'yaml'];

/** The files that `names` load before they run, themselves included. */
function loadedBy(names, files, found = new Set()) {
  for (const name of names) {
    if (files[name] === undefined || found.has(name)) continue;
    found.add(name);
    loadedBy(files[name].imports, files, found);
  }
  return [...found];
}

/** The file of this name, or the chunk whose name goes on with a hash. */
function fileOf(name, files) {
  return Object.keys(files).find((file) => file === name || file.startsWith(`${name}-`));
}

function problemsOf({ command, files: wanted, bytes }, files) {
  const missing = wanted.filter((name) => fileOf(name, files) === undefined);
  if (missing.length > 0) return [`${command}: the build has no ${missing.join(', ')}`];
  const names = wanted.map((name) => fileOf(name, files));
  const loaded = loadedBy(names, files);
  const size = loaded.reduce((sum, name) => sum + files[name].bytes, 0);
  const modules = loaded.flatMap((name) => Object.keys(files[name].modules));
  const heavy = HEAVY.filter((library) => modules.some((path) => path.includes(`node_modules/${library}/`)));
  return [
    ...(size > bytes ? [`${command} loads ${size} bytes (${loaded.join(', ')}), ${bytes} are allowed`] : []),
    ...heavy.map((library) => `${command} loads ${library} before it needs it`),
  ];
}

/** What breaks the budget, a line each. */
export function checkSizes() {
  const files = JSON.parse(readFileSync('.build/product.json', 'utf8'));
  return BUDGETS.flatMap((budget) => problemsOf(budget, files));
}
