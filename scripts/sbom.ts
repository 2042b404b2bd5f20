/** The bill of materials of a release: what is bundled, what is installed with it, and who needs whom. CycloneDX 1.6. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { BundledPackage } from './licenses.ts';
import { packageManifest, ROOT } from './repository.ts';
import { sha256Of } from './sha256.ts';
import { installTools } from './tools.ts';

/** A package as it is told about. */
interface Named {
  readonly name: string;
  readonly version: string;
}

interface Part extends Named {
  readonly license: string;
  readonly description?: string;
  /** Of its file as it was published, in hex. */
  readonly hashes: Readonly<Partial<Record<'sha256' | 'sha512', string>>>;
  readonly needs: readonly Named[];
}

/** What `tools/release/write-sbom.mjs` is told. */
interface Bill {
  readonly product: Part;
  readonly packages: readonly (Part & {
    /** False: installed beside, where it can be. */
    readonly bundled: boolean;
  })[];
  readonly repository?: string | undefined;
  /** Unix seconds. */
  readonly time: number;
  readonly serialNumber: string;
}

export interface SbomInput {
  readonly bundled: readonly BundledPackage[];
  /** The packed npm package. */
  readonly tarball: string;
  readonly repository?: string | undefined;
  /** Unix seconds: of the commit that is released, so that the same source gives the same bytes. */
  readonly time: number;
}

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** The bill of materials as JSON text, checked against the schema of CycloneDX. */
export function writeSbom(input: SbomInput): string {
  const modules = installTools('release');
  const written = spawnSync(process.execPath, [join(dirname(modules), 'write-sbom.mjs')], {
    input: JSON.stringify(billOf(input)),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (written.status !== 0) throw new Error('The bill of materials could not be written');
  return written.stdout;
}

function billOf({ bundled, tarball, repository, time }: SbomInput): Bill {
  const lock = lockedPackages();
  const inside = new Map(bundled.map((one) => [relative(ROOT, one.folder).replaceAll('\\', '/'), one]));
  const beside = new Set(installedBeside(lock));
  const told = new Set([...inside.keys(), ...beside]);
  const part = (path: string): Bill['packages'][number] => {
    const locked = lock[path];
    if (locked === undefined) throw new Error(`${path} is not in package-lock.json`);
    const names = Object.keys({ ...locked.dependencies, ...locked.optionalDependencies });
    const needs = names.map((name) => resolve(lock, path, name)).filter((found) => found !== undefined && told.has(found));
    return {
      name: nameOf(path),
      version: locked.version,
      license: inside.get(path)?.license ?? locked.license ?? 'NOASSERTION',
      hashes: hashesOf(locked),
      needs: needs.flatMap((found) => (found === undefined ? [] : named(lock, found))),
      bundled: inside.has(path),
    };
  };
  const packages = [...told].sort().map(part);
  const sha256 = sha256Of(tarball);
  const product = { ...productPart(lock, told), hashes: { sha256 } };
  return { product, packages, repository, time, serialNumber: serialNumber(sha256) };
}

function productPart(lock: Readonly<Record<string, Locked>>, told: ReadonlySet<string>): Omit<Part, 'hashes'> {
  const { name, version, license, description, devDependencies, optionalDependencies } = packageManifest();
  const direct = Object.keys({ ...(devDependencies ?? {}), ...(optionalDependencies ?? {}) });
  const needs = direct.map((each) => `node_modules/${each}`).filter((path) => told.has(path));
  return {
    name: String(name),
    version: String(version),
    license: String(license),
    description: String(description),
    needs: needs.flatMap((path) => named(lock, path)),
  };
}

function named(lock: Readonly<Record<string, Locked>>, path: string): Named[] {
  const version = lock[path]?.version;
  return version === undefined ? [] : [{ name: nameOf(path), version }];
}

/** What npm installs with the product: the keyring's module and its binaries, of all platforms. */
function installedBeside(lock: Readonly<Record<string, Locked>>): string[] {
  const direct = Object.keys(packageManifest()['optionalDependencies'] ?? {}).map((name) => `node_modules/${name}`);
  return direct.flatMap((path) => [
    path,
    ...Object.keys(lock[path]?.optionalDependencies ?? {}).map((name) => `node_modules/${name}`),
  ]);
}

/** Where the package at `from` finds `name`: in its own folder of packages, or one further up. */
function resolve(lock: Readonly<Record<string, Locked>>, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.replace(/\/?node_modules\/(?:@[^/]+\/)?[^/]+$/, '')) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (lock[path] !== undefined) return path;
    if (folder === '') return undefined;
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function lockedPackages(): Readonly<Record<string, Locked>> {
  const path = join(ROOT, 'package-lock.json');
  if (!existsSync(path)) throw new Error('package-lock.json is missing');
  return (JSON.parse(readFileSync(path, 'utf8')) as { packages: Readonly<Record<string, Locked>> }).packages;
}

function hashesOf({ integrity }: Locked): Part['hashes'] {
  const base64 = /^sha512-([\w+/=]+)$/.exec(integrity ?? '')?.[1];
  return base64 === undefined ? {} : { sha512: Buffer.from(base64, 'base64').toString('hex') };
}

/** A UUID of the kind whose bits are one's own to choose (RFC 9562, version 8), made of what it is a bill of. */
function serialNumber(sha256: string): string {
  const [a, b, c, d, e] = [
    sha256.slice(0, 8),
    sha256.slice(8, 12),
    sha256.slice(13, 16),
    sha256.slice(17, 20),
    sha256.slice(20, 32),
  ];
  return `urn:uuid:${a}-${b}-8${c}-8${d}-${e}`;
}
