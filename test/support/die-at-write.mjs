// Loaded into a program before its own code: it is killed just before it renames, links, removes or adds to its Nth file of a folder.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { BEAMD_TEST_DIE_IN: folder, BEAMD_TEST_DIE_AT: at } = process.env;
let count = 0;

for (const name of ['renameSync', 'linkSync', 'unlinkSync', 'unlink', 'openSync']) {
  const real = fs[name];
  fs[name] = (...given) => {
    const paths = given.filter((one) => typeof one === 'string');
    // What is not there is not changed, but for what is added to; what is opened otherwise is read, or is not in its place yet.
    const isChanged = name === 'openSync' ? (given[1] & fs.constants.O_APPEND) !== 0 : fs.existsSync(paths[0]);
    if (String(paths.at(-1)).startsWith(folder) && isChanged) {
      count += 1;
      if (count === Number(at)) {
        process.kill(process.pid, 'SIGKILL');
        // Nothing more is done until the signal is there.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }
    }
    return real(...given);
  };
}
syncBuiltinESMExports();
