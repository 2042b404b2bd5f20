/** Where the repository is, and what its package.json says. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The top folder. Scripts are one folder below it, as source in scripts/ and as programs in .build/. */
export const ROOT = join(import.meta.dirname, '..');

/** What package.json says. */
export function packageManifest(): Readonly<Record<string, unknown>> {
  const parsed: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  if (typeof parsed !== 'object' || parsed === null) throw new Error('package.json holds no object');
  return { ...parsed };
}

/** The version in package.json. */
export function packageVersion(): string {
  const { version } = packageManifest();
  if (typeof version !== 'string') throw new Error('package.json has no version');
  return version;
}
