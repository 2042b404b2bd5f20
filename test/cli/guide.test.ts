/** The troubleshooting steps of the public authorization guide, typed as they stand there, one after the other. */
import { expect, test } from 'vitest';
import { startHarmony, startRunbeamCloud } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { logInToCloud, succeeded } from '../support/login.ts';

const keep = cleanup();

test('403 and a reload, the renewal of a token, and a new login for one that expired', async () => {
  const cloud = keep(await startRunbeamCloud());
  const harmony = keep(await startHarmony({ cloud: cloud.origin, enabled: false }));
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  const authorize = ['harmony:authorize', '-l', 'my-label', '-y'];
  await logInToCloud(user, cloud);
  succeeded(await user.runbeam('harmony:add', '-p', String(harmony.port), '-l', 'my-label'));

  const refused = await user.runbeam(...authorize);
  expect([refused.code, refused.stdout + refused.stderr]).toEqual([7, expect.stringContaining('enabled = true')]);
  await harmony.setEnabled(true);
  succeeded(await user.runbeam('harmony:reload', '-l', 'my-label'));
  succeeded(await user.runbeam(...authorize));
  const first = await harmony.storedToken();
  expect(first).toMatchObject({ machine_token: cloud.issued().at(-1)?.machineToken });

  succeeded(await user.runbeam(...authorize));
  const second = await harmony.storedToken();
  expect(second).toMatchObject({ machine_token: cloud.issued().at(-1)?.machineToken });
  expect(second).not.toEqual(first);

  succeeded(await user.runbeam('logout'));
  expect((await user.runbeam(...authorize)).code).toBe(4);
  await logInToCloud(user, cloud);
  succeeded(await user.runbeam('verify'));
  succeeded(await user.runbeam(...authorize));
});
