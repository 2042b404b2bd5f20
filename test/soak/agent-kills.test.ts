/** The full count of kills, on both kinds of server that end a session when a refresh token is used twice. */
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startOAuthEdge } from '../../sandbox/testing.ts';
import { killInRefreshes } from '../support/agent-kill-loop.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { logIn, succeeded } from '../support/login.ts';
import { figure } from '../support/measure.ts';

const keep = cleanup();
/** Homes that are worked on side by side: most of a round is waiting. */
const HOMES = 4;
/** Kills in the middle of a refresh, in all homes together; about as many fall beside one. */
const KILLS = 250;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

test.each([
  ['a beam-auth edge', () => startBeamAuthEdge({ grace: 0 })],
  ['an OAuth edge', () => startOAuthEdge({ grace: 0 })],
] as const)(
  '500 SIGKILLs of the agent at random moments of a refresh loop lose no session, at %s without reuse grace',
  async (name, start) => {
    const edges = await Promise.all(Array.from({ length: HOMES }, async () => keep(await start())));
    const kills = await Promise.all(
      edges.map(async (edge) => {
        const user = keep(createCliUser());
        await logIn(user, edge);
        const count = await killInRefreshes(user, edge, Math.ceil(KILLS / HOMES));
        succeeded(await user.beamd('token'));
        return count;
      }),
    );
    const rotations = sum(edges.map(({ counters }) => counters.refreshes));
    const refused = sum(edges.map(({ counters }) => counters.refusedRefreshes));
    const live = sum(edges.map((edge) => edge.liveSessions()));
    figure(`kills of the agent of ${name}`, { kills: sum(kills), rotations, refused, lost: HOMES - live });
    expect({ refused, live }).toEqual({ refused: 0, live: HOMES });
    // What the server had begun for an agent that was killed was stored all the same.
    expect(rotations).toBeGreaterThanOrEqual(KILLS);
  },
);
