/** The keyring's native module, which an executable makes a file of for the moment of loading it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { STANDALONE_BIN } from '../../sandbox/testing.ts';
import { PROGRAMS } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';

if (STANDALONE_BIN === undefined) console.log('skipped: the module of an executable, because BEAMD_TEST_BIN names none');

test.skipIf(STANDALONE_BIN === undefined)(
  'is loaded from the home where there is no folder for temporary files',
  ({ onTestFinished }) => {
    const user = cleanup(onTestFinished)(createCliUser());
    const { file, args } = PROGRAMS.keyring;
    const env = { ...user.env, TMPDIR: join(user.root, 'nowhere') };
    const { stdout } = spawnSync(file, args, { env, input: '{"op":"get","user":"x"}', encoding: 'utf8' });
    // The line break says that it is there. No keyring is to be reached in this environment.
    expect(stdout).toBe('\n{"trouble":"absent"}');
    expect(readdirSync(user.home)).toEqual(['work']);
  },
);
