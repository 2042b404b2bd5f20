import { defineConfig } from 'vitest/config';
import { packageVersion } from './scripts/repository.ts';

/** The packed library on every runtime that npm has for this system: several hundred megabytes are fetched, once. */
export default defineConfig({
  // As in vitest.config.ts.
  define: { BEAMD_BUILD_VERSION: JSON.stringify(packageVersion()) },
  test: {
    include: ['test/runtimes/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    environment: 'node',
    env: { TZ: 'UTC' },
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 600_000,
    teardownTimeout: 30_000,
    restoreMocks: true,
  },
});
