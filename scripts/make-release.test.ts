import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRelease, obstacles, SUMS, type ReleaseSource } from './make-release.ts';
import { packPackage } from './package.ts';
import { canBuildDebs } from './packages/deb.ts';
import { packageVersion, ROOT } from './repository.ts';

const repository = 'https://git.example.com/owner/name';
const source: ReleaseSource = { version: packageVersion(), time: Date.UTC(2026, 0, 31, 23, 59) / 1000, repository };
const NAME = `beamd-cli-${source.version}`;

const scratch = mkdtempSync(join(tmpdir(), 'release-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const SYSTEMS = ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64', 'windows-x64.exe'];
const EXECUTABLES = SYSTEMS.map((system) => `beamd-${system}`);

/** In place of those that take minutes and gigabytes. */
function smallExecutables(folder: string): Promise<void> {
  for (const name of EXECUTABLES) writeFileSync(join(folder, name), `#!/bin/sh\necho ${name}\n`);
  return Promise.resolve();
}

const DEBS = canBuildDebs() ? ['amd64', 'arm64'].map((architecture) => `beamd_${source.version}_${architecture}.deb`) : [];
const FILES = [
  ...EXECUTABLES,
  ...DEBS,
  ...['Containerfile.amd64', 'Containerfile.arm64', 'beamd.rb', 'beamd.json', `${NAME}.cdx.json`, `${NAME}.tgz`],
];

/** Two folders whose names differ in length: nothing of them may be in what is made. */
const [one, two] = [join(scratch, 'one'), join(scratch, 'another one')] as const;

beforeAll(async () => {
  for (const folder of [one, two]) {
    mkdirSync(folder);
    await makeRelease(folder, source, smallExecutables);
  }
});

test('it is the same for somebody whose files others cannot read', () => {
  const made = join(scratch, 'private');
  const dist = join(made, 'dist');
  cpSync(join(ROOT, 'dist'), dist, { recursive: true });
  const before = packPackage({ dist, into: join(made, 'before') });
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const entry of files) chmodSync(join(entry.parentPath, entry.name), 0o600);
  const after = packPackage({ dist, into: join(made, 'after') });
  expect(readFileSync(after).equals(readFileSync(before))).toBe(true);
});

const read = (folder: string, name: string): Buffer => readFileSync(join(folder, name));

test('made twice it is the same, byte by byte', () => {
  const names = [...FILES, SUMS].sort();
  expect(readdirSync(one).sort()).toEqual(names);
  expect(readdirSync(two).sort()).toEqual(names);
  for (const name of names) expect({ name, same: read(one, name).equals(read(two, name)) }).toEqual({ name, same: true });
});

test('every file has its sum', () => {
  const sum = (name: string): string => createHash('sha256').update(read(one, name)).digest('hex');
  const lines = [...FILES].sort().map((name) => `${sum(name)}  ${name}\n`);
  expect(read(one, SUMS).toString()).toBe(lines.join(''));
});

/** A file of the package. */
function packed(path: string): string {
  return execFileSync('tar', ['-xzOf', join(one, `${NAME}.tgz`), `package/${path}`], { encoding: 'utf8' });
}

test('the package says where the repository is, of which day it is, and nothing of the folder it was made in', () => {
  expect(JSON.parse(packed('package.json'))).toMatchObject({
    version: source.version,
    license: 'Apache-2.0',
    repository: { type: 'git', url: `git+${repository}.git` },
  });
  expect(packed('dist/man/beamd.1')).toContain(`.TH BEAMD 1 "2026-01-31" "beamd ${source.version}"`);
  const all = execFileSync('tar', ['-xzOf', join(one, `${NAME}.tgz`)], { maxBuffer: 64 * 1024 * 1024 });
  for (const path of [scratch, ROOT]) expect(all.includes(path)).toBe(false);
});

interface Component {
  readonly 'bom-ref': string;
  readonly 'group'?: string;
  readonly 'name': string;
  readonly 'version': string;
  readonly 'scope'?: string;
  readonly 'hashes': readonly { readonly alg: string; readonly content: string }[];
  readonly 'licenses': unknown;
  readonly 'externalReferences'?: unknown;
}

interface Sbom {
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly metadata: { readonly timestamp: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

const sbom = (): Sbom => JSON.parse(read(one, `${NAME}.cdx.json`).toString()) as Sbom;
const titleOf = ({ group, name, version }: Component): string => `${group === undefined ? '' : `${group}/`}${name} ${version}`;

test('the bill of materials is about this very package', () => {
  const { specVersion, serialNumber, metadata } = sbom();
  expect({ specVersion, time: metadata.timestamp }).toEqual({ specVersion: '1.6', time: '2026-01-31T23:59:00.000Z' });
  expect(serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(metadata.component).toMatchObject({
    'bom-ref': `pkg:npm/%40beamd/cli@${source.version}`,
    'hashes': [
      {
        alg: 'SHA-256',
        content: createHash('sha256')
          .update(read(one, `${NAME}.tgz`))
          .digest('hex'),
      },
    ],
    'licenses': [{ license: { id: 'Apache-2.0' } }],
    'externalReferences': [{ type: 'vcs', url: repository }],
  });
});

test('it has all that is bundled, whose licenses are shipped, and what is installed beside', () => {
  const bundled = [...packed('dist/THIRD-PARTY-LICENSES').matchAll(/^(\S+ \d+\.\d+\.\d+\S*) \([\w.-]+\)$/gm)].map(
    (match) => match[1],
  );
  const { components } = sbom();
  const required = components.filter(({ scope }) => scope === 'required');
  expect(bundled.length).toBeGreaterThan(30);
  expect(required.map(titleOf).sort()).toEqual(bundled.sort());
  const beside = components
    .filter((component) => component.scope === 'optional')
    .map(({ group, name }) => `${group ?? ''}/${name}`);
  expect(beside).toEqual(
    expect.arrayContaining(['@napi-rs/keyring', '@napi-rs/keyring-linux-x64-gnu', '@napi-rs/keyring-darwin-arm64']),
  );
  expect(components.length).toBe(required.length + beside.length);
  expect(components.filter(({ hashes }) => hashes[0]?.alg !== 'SHA-512')).toEqual([]);
});

test('everything in it is needed by something, and nothing is needed that is not in it', () => {
  const { components, dependencies, metadata } = sbom();
  const known = new Set([metadata.component, ...components].map((component) => component['bom-ref']));
  const needed = new Set(dependencies.flatMap(({ dependsOn = [] }) => dependsOn));
  expect([...needed].filter((ref) => !known.has(ref))).toEqual([]);
  expect(components.map((component) => component['bom-ref']).filter((ref) => !needed.has(ref))).toEqual([]);
});

test('a version without a repository or a day is not to be published', () => {
  const against = obstacles({ ...source, version: '0.0.0', repository: undefined });
  expect(against).toEqual(
    expect.arrayContaining([
      'RELEASE_REPOSITORY does not say where the repository is: the package names none',
      'CHANGELOG.md has no heading "## 0.0.0 (YYYY-MM-DD)"',
    ]),
  );
});
