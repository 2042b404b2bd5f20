/** A login that is denied on the server's page says so, says what to type next, and leaves nothing behind. */
import { expect, test } from 'vitest';
import { decideByCode, decideByUrl, startBeamAuthEdge, startOAuthEdge, startRunbeamCloud } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';

const keep = cleanup();
const DENIED = 'Error: The login was denied in the browser; nothing was saved\n';

test('runbeam login', async () => {
  const cloud = keep(await startRunbeamCloud());
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  const { code, stdout, stderr } = await decideByUrl(user.start('runbeam', ['login']), cloud, 'deny');
  expect([code, stdout, stderr.slice(-DENIED.length - 19)]).toEqual([4, '', `${DENIED}Run: runbeam login\n`]);
  expect((await user.runbeam('verify')).code).toBe(4);
});

test.each([
  ['beam-auth', startBeamAuthEdge],
  ['OAuth', startOAuthEdge],
] as const)('beamd login, %s', async (_, start) => {
  const edge = keep(await start());
  const user = keep(createCliUser());
  const { code, stdout, stderr } = await decideByCode(user.start('beamd', ['login', '--server', edge.origin]), edge, 'deny');
  expect([code, stdout]).toEqual([4, '']);
  expect(stderr.endsWith(`${DENIED}Run: beamd login --server ${edge.origin}\n`)).toBe(true);
  expect((await user.beamd('accounts')).stdout).toBe('You are not logged in anywhere\nRun: beamd login\n');
});
