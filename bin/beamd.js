#!/usr/bin/env node
// CommonJS, as is what it loads: Node starts its loader of ES modules only where something needs it.
// Node opens a debugger port on this signal, which every local user can reach.
process.on('SIGUSR1', () => {});
try {
  require('../dist/cli.cjs').runBin('beamd', process.argv.slice(2));
} catch (error) {
  // What is missed is the program itself, or a part of it that was there when this process began: an update took it away.
  if (error?.code !== 'ENOENT' && error?.code !== 'MODULE_NOT_FOUND') throw error;
  const isBuilt = error.requireStack?.[0] !== module.filename;
  const said = isBuilt
    ? 'was replaced or removed while it ran\nHint: Run the command again'
    : 'has not been built\nRun: npm run build';
  process.stderr.write(`Error: beamd ${said}\n`);
  process.exitCode = 1;
}
