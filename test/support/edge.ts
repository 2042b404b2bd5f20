/** An edge, and a user who is logged in to it. */
import { startBeamAuthEdge, startSelfHostedEdge, type BeamAuthEdge, type SelfHostedEdge } from '../../sandbox/testing.ts';
import type { Keep } from './cleanup.ts';
import { createCliUser, type CliUser } from './cli-user.ts';
import { logIn, logInWithToken } from './login.ts';
import { gate, until } from './measure.ts';

/** A hosted edge, whose sessions are refreshed. */
export async function startEdgeUser(keep: Keep): Promise<{ readonly edge: BeamAuthEdge; readonly user: CliUser }> {
  const edge = keep(await startBeamAuthEdge());
  const user = keep(createCliUser());
  await logIn(user, edge);
  return { edge, user };
}

/** A self-hosted edge, with the one static token that it has. */
export async function startTokenUser(keep: Keep): Promise<{ readonly edge: SelfHostedEdge; readonly user: CliUser }> {
  const edge = keep(await startSelfHostedEdge());
  const user = keep(createCliUser());
  await logInWithToken(user, edge.origin, edge.token);
  return { edge, user };
}

/** A refresh that the server is to keep waiting. */
export interface HeldRefresh {
  /** Resolves once it is at the server. */
  readonly refreshing: () => Promise<void>;
  /** Lets the server answer. */
  readonly answer: () => void;
}

/** Holds the answer to the next refresh. */
export function holdRefresh(keep: Keep, edge: BeamAuthEdge): HeldRefresh {
  const answered = gate();
  keep({ close: answered.open });
  edge.faults.next('POST /token', { hold: answered.passed });
  const before = edge.counters.requests['POST /token'] ?? 0;
  return {
    refreshing: () => until(() => edge.counters.requests['POST /token'] === before + 1),
    answer: answered.open,
  };
}
