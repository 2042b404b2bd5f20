/** The npm package as it is published: what package.json lists under `files`, and a package.json for those who install it. */
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageManifest, ROOT } from './repository.ts';
import { runNpm } from './tools.ts';

/** Members of package.json that tell those who work on the product, and nobody else. */
const OF_THE_CHECKOUT: readonly string[] = ['scripts', 'devDependencies', 'overrides'];

export interface PackageOptions {
  /** The built product. */
  readonly dist: string;
  /** Where the package is put. */
  readonly into: string;
  /** Address of the repository, `https://HOST/OWNER/NAME`. Absent: the package names none. */
  readonly repository?: string | undefined;
}

/** Packs the npm package and returns the path of its file. The same input gives the same bytes. */
export function packPackage({ dist, into, repository }: PackageOptions): string {
  const stage = mkdtempSync(join(tmpdir(), 'package-'));
  try {
    const manifest = publishedManifest(packageManifest(), readdirSync(join(dist, 'man')), repository);
    for (const name of shippedFiles()) cpSync(name === 'dist' ? dist : join(ROOT, name), join(stage, name), { recursive: true });
    writeFileSync(join(stage, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    settleModes(stage);
    mkdirSync(into, { recursive: true });
    const before = new Set(readdirSync(into));
    runNpm(stage, 'pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', into);
    const [packed = ''] = readdirSync(into).filter((name) => name.endsWith('.tgz') && !before.has(name));
    return join(into, packed);
  } finally {
    rmSync(stage, { recursive: true, force: true });
  }
}

/** What the umask of a checkout made of its files must not be in the package. */
function settleModes(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) settleModes(path);
    else chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/** The files and folders of the package, package.json aside. */
export function shippedFiles(): string[] {
  const { files } = packageManifest();
  if (!Array.isArray(files)) throw new Error('package.json names no files');
  return files.map(String);
}

/** package.json as it is published: with the man pages that were built, and where the repository is if that was said. */
export function publishedManifest(
  source: Readonly<Record<string, unknown>>,
  manPages: readonly string[],
  repository: string | undefined,
): Record<string, unknown> {
  const kept = Object.entries(source).filter(([name]) => !OF_THE_CHECKOUT.includes(name));
  const man = [...manPages].sort().map((name) => `./dist/man/${name}`);
  return { ...Object.fromEntries(kept), man, ...(repository === undefined ? {} : repositoryFields(repository)) };
}

/** Throws for an address that is not of the kind a forge gives to a repository. */
function repositoryFields(address: string): Record<string, unknown> {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const path = url?.pathname.replace(/\/$/, '').replace(/\.git$/, '') ?? '';
  const plain = url?.protocol === 'https:' && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!plain || !/^(?:\/[\w.-]+){2,}$/.test(path)) throw new Error(`Not the address of a repository: ${address}`);
  const page = `${url.origin}${path}`;
  return {
    repository: { type: 'git', url: `git+${page}.git` },
    homepage: `${page}#readme`,
    bugs: { url: `${page}/issues` },
  };
}
