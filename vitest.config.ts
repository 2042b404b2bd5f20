import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'sandbox/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/soak/**'],
    globalSetup: ['test/support/global-setup.ts'],
    environment: 'node',
    pool: 'forks',
    // The default leaves a core to the watcher; on two cores that would be one test file at a time.
    maxWorkers: Math.max(2, availableParallelism()),
    // A test's time says nothing but that it hangs: starting processes on a machine that others use takes minutes.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 10_000,
    expect: { poll: { timeout: 100_000 } },
    restoreMocks: true,
  },
});
