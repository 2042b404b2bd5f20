/** Climbing: the first rung that holds something wins. For whoever wants to know why, the others are looked at, too. */
import { BeamError } from '../../errors.ts';

/** What decided a value. `path` names the file where one did. */
export interface Source {
  readonly kind:
    | 'flag'
    | 'env'
    | 'project'
    | 'agent-socket'
    | 'current'
    | 'only-account'
    | 'nameless-account'
    | 'default-host'
    | 'default-scope'
    | 'first-scope';
  readonly path?: string;
}

export interface Sourced<T> {
  readonly value: T;
  readonly source: Source;
}

/** Something that is there and does not count here. */
export interface Passed {
  readonly source: Source;
  readonly value?: string;
  /** Follows the value: `is for edge.example.com`. */
  readonly passed: string;
}

export type Topic = 'server' | 'account' | 'scope' | 'token';

/** A rung, as it was found. */
export interface Candidate {
  readonly topic: Topic;
  readonly source: Source | { readonly kind: 'app-config' | 'account'; readonly path?: string };
  /** Never a secret. */
  readonly value?: string;
  /** `passed`: it does not count here. `failed`: it could not be read. */
  readonly state: 'won' | 'lost' | 'absent' | 'passed' | 'failed';
  /** Why it does not count, or could not be read. */
  readonly reason?: string;
}

export type Explain = (candidate: Candidate) => void;

type Found = Sourced<string> | Passed | undefined;

/** A rung gives what it holds, with where that comes from; what does not count, and undefined: climb on. */
export type Rung = readonly [kind: Source['kind'], read: () => Found | Promise<Found>];

export interface Climb {
  readonly topic: Topic;
  /** Told of every rung, those below the winner too. Without it, none below the winner is looked at. */
  readonly explain: Explain | undefined;
  /** Something that stands above these rungs has won already. */
  readonly beaten?: boolean;
}

/** What the first rung that holds something gives. Throws what a rung throws that had to be looked at. */
export async function climb(
  { topic, explain, beaten = false }: Climb,
  rungs: readonly Rung[],
): Promise<Sourced<string> | undefined> {
  let won: Sourced<string> | undefined;
  for (const [kind, read] of beaten && explain === undefined ? [] : rungs) {
    const decides = !beaten && won === undefined;
    const found = await look(read, (reason) => explain?.({ topic, source: { kind }, state: 'failed', reason }), decides);
    if (found === 'failed') continue;
    explain?.(candidateOf(topic, kind, found, decides));
    if (!decides || found === undefined || 'passed' in found) continue;
    if (explain === undefined) return found;
    won = found;
  }
  return won;
}

async function look(read: Rung[1], fail: (reason: string) => void, decides: boolean): Promise<Found | 'failed'> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    // Below the winner nothing is missing.
    fail(error.code === 'no_server' && !decides ? 'You are logged in to several servers' : error.message);
    if (decides) throw error;
    return 'failed';
  }
}

function candidateOf(topic: Topic, kind: Source['kind'], found: Found, decides: boolean): Candidate {
  if (found === undefined) return { topic, source: { kind }, state: 'absent' };
  const { source } = found;
  if (!('passed' in found)) return { topic, source, value: found.value, state: decides ? 'won' : 'lost' };
  const value = found.value === undefined ? {} : { value: found.value };
  return { topic, source, ...value, state: 'passed', reason: found.passed };
}
