/** Whose work is in the bundles, under which licenses, and the notice of it that is shipped. An unknown license ends the build. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './repository.ts';

/** SPDX expressions of licenses that let us bundle and pass on, if we say whose work it is. */
const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
]);

const LICENSE_FILE = /^(?:licen[sc]e|copying|notice)(?:[.-]|$)/i;

/** The helpers that the bundler writes into what it makes. */
const BUNDLER_RUNTIME = '\0rolldown/runtime.js';

/** A package of which something is in the bundles. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as its package.json says. */
  readonly license: string;
  /** Address of its repository, as its package.json says; empty if it says none. */
  readonly repository: string;
  /** Where it is installed. */
  readonly folder: string;
  /** Its license files; empty if it came without. */
  readonly text: string;
}

/** The packages that these modules of the bundler are of, by name and version. Our own modules are of none. */
export function packagesOf(moduleIds: Iterable<string>): BundledPackage[] {
  const folders = new Set<string>();
  for (const id of moduleIds) {
    const folder = packageFolder(id);
    if (folder !== undefined) folders.add(folder);
  }
  const packages = [...folders].map(readPackage);
  const byTitle = new Map(packages.map((one) => [title(one), one]));
  return [...byTitle.values()].sort((a, b) => (title(a) < title(b) ? -1 : 1));
}

function packageFolder(moduleId: string): string | undefined {
  if (moduleId === BUNDLER_RUNTIME) return join(ROOT, 'node_modules/rolldown');
  const path = moduleId.replace(/^\0/, '').replace(/\?.*$/s, '');
  if (!path.includes('node_modules')) return undefined;
  let folder = dirname(path);
  // A package.json without a name only says how the files beside it are to be read.
  while (manifestOf(folder)['name'] === undefined) folder = dirname(folder);
  return folder;
}

function manifestOf(folder: string): Readonly<Record<string, unknown>> {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) {
    if (dirname(folder) === folder) throw new Error('A bundled module is of no package');
    return {};
  }
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
}

function readPackage(folder: string): BundledPackage {
  const { name, version, license, repository } = manifestOf(folder);
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  return {
    name: String(name),
    version: String(version),
    license: typeof license === 'string' ? license : 'none',
    repository: addressOf(repository),
    folder,
    text: files
      .sort()
      .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim())
      .join('\n\n'),
  };
}

function addressOf(repository: unknown): string {
  if (typeof repository === 'string') return repository;
  return typeof repository === 'object' && repository !== null && 'url' in repository ? String(repository.url) : '';
}

function title({ name, version }: BundledPackage): string {
  return `${name} ${version}`;
}

/** The text that is shipped: each license once, under the names of those whose work it covers. Throws for one that is not allowed. */
export function licenseNotice(packages: readonly BundledPackage[]): string {
  const strange = packages.filter(({ license }) => !ALLOWED.has(license));
  if (strange.length > 0) {
    const list = strange.map((one) => `${title(one)} (${one.license})`).join(', ');
    throw new Error(`Licenses that nobody has allowed: ${list}. See ALLOWED in scripts/licenses.ts`);
  }
  const byText = new Map<string, BundledPackage[]>();
  for (const one of packages) {
    const text = textOf(one, packages);
    byText.set(text, [...(byText.get(text) ?? []), one]);
  }
  const sections = [...byText].map(([text, covered]) => {
    const names = covered.map((one) => `${title(one)} (${one.license})`);
    return `${names.join('\n')}\n\n${text}\n`;
  });
  return [INTRODUCTION, ...sections].join(`\n${'-'.repeat(80)}\n\n`);
}

const INTRODUCTION = 'beamd and runbeam contain work of others, under the licenses below.\n';

/** As `licenseNotice`, for an executable: it carries the keyring's module and the runtime too. */
export function standaloneNotice(packages: readonly BundledPackage[]): string {
  return `${licenseNotice([...packages, ...packagesOf([KEYRING])])}\n${'-'.repeat(80)}\n\n${RUNTIME}`;
}

const KEYRING = join(ROOT, 'node_modules/@napi-rs/keyring/index.js');

const RUNTIME = `Bun (MIT), which runs this executable. It is linked with JavaScriptCore (LGPL-2.0-or-later) and with other libraries
under permissive licenses of their own, which its documentation lists under "License". Their sources are published with
those of Bun, with all that is needed to link them anew.
`;

/** Some packages of a common repository are published without its license file: then it is in one of the others. */
function textOf(one: BundledPackage, all: readonly BundledPackage[]): string {
  if (one.text !== '') return one.text;
  const sibling = all.find(
    ({ repository, license, text }) =>
      text !== '' && license === one.license && repository !== '' && repository === one.repository,
  );
  if (sibling === undefined) throw new Error(`${title(one)} has no license file, nor has another package of its repository`);
  return sibling.text;
}
