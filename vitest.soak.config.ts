import { defineConfig } from 'vitest/config';
import { packageVersion } from './scripts/repository.ts';

/** The full-size runs of what the suite does in a smaller count. Minutes, not seconds. */
export default defineConfig({
  // Source that is tested together with what is built must be of one version with it: a worker takes jobs of its own only.
  define: { BEAMD_BUILD_VERSION: JSON.stringify(packageVersion()) },
  test: {
    include: ['test/soak/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    environment: 'node',
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 30 * 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
  },
});
