#!/usr/bin/env node
// CommonJS, as is what it loads: Node starts its loader of ES modules only where something needs it.
// Node opens a debugger port on this signal, which every local user can reach.
process.on('SIGUSR1', () => {});
try {
  require('../dist/cli.cjs').runBin('runbeam', process.argv.slice(2));
} catch (error) {
  if (error?.code !== 'MODULE_NOT_FOUND') throw error;
  process.stderr.write('Error: runbeam has not been built\nRun: npm run build\n');
  process.exitCode = 1;
}
