/** A server that takes its time with a refresh: who needs no server does not wait for it, and nothing of what they do is lost. */
import { expect, test } from 'vitest';
import type { BeamAuthEdge } from '../../sandbox/testing.ts';
import { cleanup } from '../support/cleanup.ts';
import type { CliUser, Ran } from '../support/cli-user.ts';
import { expireSession, logIn, rewriteSession, succeeded } from '../support/login.ts';
import { holdRefresh, startEdgeUser } from '../support/edge.ts';
import { until } from '../support/measure.ts';

const keep = cleanup();

interface Slow {
  readonly edge: BeamAuthEdge;
  readonly user: CliUser;
  /** A command that waits for the refresh. */
  readonly asked: Promise<Ran>;
  /** Lets the server answer. */
  readonly answer: () => void;
}

/** A session that has run out, and a command whose refresh the server has got and not answered. */
async function slowRefresh(prepare: (user: CliUser, edge: BeamAuthEdge) => Promise<void>): Promise<Slow> {
  const { edge, user } = await startEdgeUser(keep);
  await prepare(user, edge);
  const { refreshing, answer } = holdRefresh(keep, edge);
  const asked = user.beamd('token');
  await refreshing();
  return { edge, user, asked, answer };
}

/** Half a minute before its end: it is valid, and due. */
const lastMinute = (user: CliUser, edge: BeamAuthEdge): Promise<void> => rewriteSession(user, edge, { left: 40, age: 3_560 });

test('`default` does not wait for it, and both are kept', async () => {
  const { edge, user, asked, answer } = await slowRefresh(expireSession);
  succeeded(await user.beamd('default', 'acme'));
  expect((await user.beamd('status', '--json')).stdout).toContain('acme');
  answer();
  const { stdout } = succeeded(await asked);
  expect(await user.beamd('token')).toEqual({ code: 0, stdout, stderr: '' });
  expect(JSON.parse(succeeded(await user.beamd('token', '--json')).stdout)).toMatchObject({ scope: 'acme' });
  expect([edge.counters.refreshes, edge.counters.refusedRefreshes, edge.liveSessions()]).toEqual([1, 0, 1]);
  // What was stored is the newest: the next refresh is taken.
  await expireSession(user, edge);
  // An agent refreshes once a second at most.
  succeeded(await user.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } }));
  expect([edge.counters.refreshes, edge.counters.refusedRefreshes]).toEqual([2, 0]);
});

test('a login does not wait for it, and is not overwritten by it', async () => {
  const { edge, user, asked, answer } = await slowRefresh(expireSession);
  await logIn(user, edge);
  const { stdout } = succeeded(await user.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } }));
  answer();
  // The command that waited gets what there is now.
  expect(succeeded(await asked).stdout).toBe(stdout);
  await until(() => user.background('worker').length === 0);
  expect((await user.beamd('token')).stdout).toBe(stdout);
  await expireSession(user, edge);
  // An agent refreshes once a second at most.
  succeeded(await user.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } }));
  expect(edge.counters.refusedRefreshes).toBe(0);
});

test('with a token that is still valid nobody waits for it, `orgs --refresh` neither', async () => {
  const { edge, user, asked, answer } = await slowRefresh(lastMinute);
  const held = succeeded(await asked);
  expect(await user.beamd('token')).toEqual(held);
  succeeded(await user.beamd('orgs', '--refresh'));
  answer();
  await until(() => user.background('worker').length === 0);
  const next = succeeded(await user.beamd('token'));
  expect({ another: next.stdout !== held.stdout, refreshes: edge.counters.refreshes }).toEqual({ another: true, refreshes: 1 });
  await expireSession(user, edge);
  // An agent refreshes once a second at most.
  succeeded(await user.run('beamd', ['token'], { env: { BEAMD_NO_AGENT: '1' } }));
  expect([edge.counters.refreshes, edge.counters.refusedRefreshes]).toEqual([2, 0]);
});
