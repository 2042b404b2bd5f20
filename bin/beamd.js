#!/usr/bin/env node
// CommonJS, as is what it loads: to start Node's loader of ES modules takes longer than `beamd token` does.
const argv = process.argv.slice(2);
try {
  if (argv[0] === 'token') require('../dist/token.cjs').runToken(argv);
  else require('../dist/quick.cjs').runEntry('beamd', argv);
} catch (error) {
  if (error?.code !== 'MODULE_NOT_FOUND') throw error;
  process.stderr.write('Error: beamd has not been built\nRun: npm run build\n');
  process.exitCode = 1;
}
