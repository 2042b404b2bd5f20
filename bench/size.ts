/** What an installation takes on disk. */
import { spawnSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../sandbox/testing.ts';
import { packPackage } from '../scripts/package.ts';
import { packageManifest } from '../scripts/repository.ts';
import type { Row } from './table.ts';

const MEGABYTE = 1_000_000;
const MOST_BYTES = 15 * MEGABYTE;
const MOST_DEPENDENCIES = 12;

function sizeOf(path: string): number {
  const { size } = lstatSync(path);
  if (!lstatSync(path).isDirectory()) return size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function npm(cwd: string, ...args: string[]): boolean {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--prefer-offline'];
  return spawnSync('npm', [...args, ...quiet], { cwd, stdio: 'ignore', timeout: 180_000 }).status === 0;
}

/** Bytes of the packed package installed with what it depends on; undefined where npm cannot. */
function installedSize(): number | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'size-'));
  try {
    const into = join(folder, 'into');
    mkdirSync(into);
    const packed = packPackage({ dist: join(PACKAGE_ROOT, 'dist'), into: folder });
    if (!npm(into, 'install', '--prefix', into, '--omit=dev', '--no-save', packed)) return undefined;
    return sizeOf(join(into, 'node_modules'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Those that the product can do without are installed too. */
function directDependencies(): number {
  const manifest = packageManifest();
  return [manifest['dependencies'], manifest['optionalDependencies']].flatMap((some) => Object.keys(some ?? {})).length;
}

export function sizeRows(): Row[] {
  const direct = directDependencies();
  const bytes = installedSize();
  const own = sizeOf(join(PACKAGE_ROOT, 'dist'));
  const measured = bytes === undefined ? 'npm cannot install here' : `${(bytes / MEGABYTE).toFixed(1)} MB`;
  return [
    { what: 'installed size', goal: '<= 15 MB', measured, ...(bytes === undefined ? {} : { ok: bytes <= MOST_BYTES }) },
    { what: 'of which the bundles', goal: '', measured: `${(own / MEGABYTE).toFixed(1)} MB` },
    { what: 'direct runtime dependencies', goal: '<= 12', measured: String(direct), ok: direct <= MOST_DEPENDENCIES },
  ];
}
