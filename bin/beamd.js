#!/usr/bin/env node
// CommonJS, as is what it loads: to start Node's loader of ES modules takes longer than `beamd token` does.
try {
  require('../dist/beamd.cjs');
} catch (error) {
  if (error?.code !== 'MODULE_NOT_FOUND') throw error;
  process.stderr.write('Error: beamd has not been built\nRun: npm run build\n');
  process.exitCode = 1;
}
