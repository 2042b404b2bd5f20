import { defineConfig } from 'vitest/config';

/** The full-size runs of what the suite does in a smaller count. Minutes, not seconds. */
export default defineConfig({
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
