#!/usr/bin/env node
try {
  await import('../dist/beamd.js');
} catch (error) {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  process.stderr.write('Error: beamd has not been built\nRun: npm run build\n');
  process.exitCode = 1;
}
