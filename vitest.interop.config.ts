import { defineConfig } from 'vitest/config';
import { packageVersion } from './scripts/repository.ts';

/** Beside the real Rust programs, which are built first: minutes, and the crates are fetched. */
export default defineConfig({
  // Source that is tested together with what is built must be of one version with it: a worker takes jobs of its own only.
  define: { BEAMD_BUILD_VERSION: JSON.stringify(packageVersion()) },
  test: {
    include: ['test/interop/rust/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    environment: 'node',
    env: { TZ: 'UTC' },
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 30_000,
    restoreMocks: true,
  },
});
