/** A keyring that is there and does not answer, because its daemon was stopped. */
import { expect, test } from 'vitest';
import { decideByCode, startBeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { missingPrograms, startKeyring } from '../support/keyring.ts';
import { succeeded } from '../support/login.ts';

const keep = cleanup();

test.skipIf(missingPrograms().length > 0)('a keyring whose daemon was stopped does not answer, and a login says so', async () => {
  const keyring = keep(await startKeyring());
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser({ env: keyring.env }));
  succeeded(await decideByCode(user.start('beamd', ['login', '--server', edge.origin]), edge));
  keyring.freeze(true);
  keep({ close: () => keyring.freeze(false) });
  const silent = await user.beamd('token', '--json');
  expect({ code: silent.code, ...(JSON.parse(silent.stdout) as object) }).toEqual({
    code: 1,
    error: {
      code: 'storage',
      message: 'The OS keyring does not answer',
      hint: 'Restart it, or log in with --storage age',
    },
  });
  const insists = await user.beamd('login', '--server', edge.origin, '--storage', 'keyring');
  expect({ code: insists.code, first: insists.stderr.split('\n')[0] }).toEqual({
    code: 1,
    first: 'Error: The OS keyring does not answer',
  });
  const instead = succeeded(await decideByCode(user.start('beamd', ['login', '--server', edge.origin]), edge));
  expect(instead.stderr).toContain('The OS keyring does not answer; this login is kept encrypted to a key in a file instead\n');
});
