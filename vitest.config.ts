import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { packageVersion } from './scripts/repository.ts';

export default defineConfig({
  // Source that is tested together with what is built must be of one version with it: a worker takes jobs of its own only.
  define: { BEAMD_BUILD_VERSION: JSON.stringify(packageVersion()) },
  test: {
    include: ['src/**/*.test.ts', 'sandbox/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['test/soak/**', 'test/interop/rust/**', 'test/interop/wycheproof.test.ts', 'test/runtimes/**'],
    globalSetup: ['test/support/global-setup.ts'],
    environment: 'node',
    // Texts have times by the clock of the reader. Whole programs get an environment of their own.
    env: { TZ: 'UTC' },
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
