/** The full count of kills, on both kinds of server that end a session when a refresh token is used twice. */
import { expect, test } from 'vitest';
import { startBeamAuthEdge, startOAuthEdge } from '../../sandbox/testing.ts';
import { figure } from '../support/agent.ts';
import { killAgents } from '../support/agent-kill-loop.ts';
import { logIn, succeeded } from '../support/login.ts';
import { closing } from '../support/cleanup.ts';
import { createWorld } from '../support/cli-user.ts';

const keep = closing();
/** Homes that are worked on side by side: most of a round is waiting. */
const HOMES = 4;
const KILLS = 500;

test.each([
  ['a beam-auth edge', () => startBeamAuthEdge({ expiresIn: 1, grace: 0 })],
  ['an OAuth edge', () => startOAuthEdge({ accessTokenTtl: 1, grace: 0 })],
] as const)(
  '500 SIGKILLs of the agent at random moments of a refresh loop lose no session, at %s without reuse grace',
  async (name, start) => {
    const edge = keep(await start());
    const worlds = Array.from({ length: HOMES }, () => keep(createWorld()));
    for (const world of worlds) await logIn(world, edge);
    await Promise.all(worlds.map((world) => killAgents(world, edge, KILLS / HOMES)));
    for (const world of worlds) succeeded(await world.beamd('token'));
    const { refreshes: rotations, refusedRefreshes: refused } = edge.counters;
    figure(`kills of the agent of ${name}`, { kills: KILLS, rotations, refused, lost: HOMES - edge.liveSessions() });
    expect({ refused, live: edge.liveSessions() }).toEqual({ refused: 0, live: HOMES });
    expect(rotations).toBeGreaterThan(KILLS / 4);
  },
);
