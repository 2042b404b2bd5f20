#!/usr/bin/env node
try {
  require('../dist/runbeam.cjs');
} catch (error) {
  if (error?.code !== 'MODULE_NOT_FOUND') throw error;
  process.stderr.write('Error: beamd has not been built\nRun: npm run build\n');
  process.exitCode = 1;
}
