/** Executables carry the native module that the npm package depends on, in the version that its lock file has. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './repository.ts';
import { TARGETS } from './standalone.ts';

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>;
}

function lockOf(folder: string): Lock['packages'] {
  return (JSON.parse(readFileSync(join(ROOT, folder, 'package-lock.json'), 'utf8')) as Lock).packages;
}

test.each(Object.values(TARGETS))(
  'what the executable for $os $cpu $libc is made of is pinned with its hash',
  ({ bun, keyring }) => {
    const [own, product] = [lockOf('tools/standalone'), lockOf('.')];
    const native = `node_modules/@napi-rs/keyring-${keyring}`;
    expect(own[native]).toMatchObject({ version: product[native]?.version, integrity: product[native]?.integrity });
    expect(own[`node_modules/@oven/bun-${bun}`]?.integrity).toMatch(/^sha512-/);
    const versions = Object.entries(own).filter(([name]) => name.includes('/@oven/bun-'));
    expect(new Set(versions.map(([, { version }]) => version)).size).toBe(1);
  },
);
