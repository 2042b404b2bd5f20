/** What was done to a session and when, and whether one that was lost is the one loss that is stated. */
import type { Refresh } from '../../../sandbox/testing.ts';

/**
 * SECURITY.md: what a worker needs from the server's answer until it has written it, of 99 in 100 workers on a busy machine,
 * milliseconds. Only a worker that is killed within them may lose a session.
 */
export const RESIDUAL = 60;

/**
 * What a worker has sent when it is killed is answered all the same, later than that on a machine that has much to do,
 * milliseconds.
 */
const UNREAD = 10_000;

/** A refresh, and the worker that asked for it, as its lock names it. */
export interface Asked {
  readonly refresh: Refresh;
  readonly worker: string | undefined;
}

/** Something that was done to processes; a freeze has an end, once it is over. */
export interface Blow {
  readonly what: string;
  /** Not after it. */
  readonly at: number;
  /** As their locks name them. */
  readonly victims: readonly string[];
  /** Whether one of them had marked its lock, because it was about to send a refresh or had sent one. */
  readonly isInRefresh?: boolean;
  end?: number;
}

export interface Loss {
  /** When the server refused the session. */
  readonly at: number;
  /** Of the answer that was lost, milliseconds that its worker had from it until it was killed; undefined: it was not. */
  readonly had: number | undefined;
  readonly isResidual: boolean;
  /** The refreshes and blows that led to it, milliseconds from the answer that was lost. */
  readonly story: string;
}

/** All of one session's home. */
export class Journal {
  readonly asked: Asked[] = [];
  /** Of workers, and of workers with their agents. */
  readonly kills: Blow[] = [];
  readonly freezes: Blow[] = [];
  /** What else may be of interest to who reads of a loss. */
  readonly others: Blow[] = [];

  /** Judges the loss of the session by the refusal that told of it. */
  loss(at: number): Loss {
    const lost = this.asked.findLast(({ refresh }) => refresh.granted && refresh.at <= at);
    const kill = lost && this.#killOf(lost);
    const had = lost && kill && this.#ran(lost, kill);
    const isResidual = had !== undefined && had <= RESIDUAL;
    return { at, had, isResidual, story: this.#story(lost?.refresh.at ?? at, at) };
  }

  #killOf({ worker, refresh }: Asked): Blow | undefined {
    const recent = this.kills.filter(({ at }) => refresh.at - at < UNREAD);
    if (worker !== undefined) return recent.find(({ victims }) => victims.includes(worker));
    // Its lock has been taken by then, which only a holder that is dead lets happen.
    return recent.find(({ at, isInRefresh }) => at <= refresh.at && isInRefresh === true);
  }

  /** Milliseconds from the answer to the kill in which the worker was not frozen. */
  #ran({ worker, refresh }: Asked, kill: Blow): number {
    const from = refresh.answered ?? refresh.at;
    const frozen = this.freezes
      .filter(({ victims }) => worker !== undefined && victims.includes(worker))
      .map(({ at, end = Infinity }) => Math.max(0, Math.min(end, kill.at) - Math.max(at, from)));
    return Math.max(0, kill.at - from - frozen.reduce((total, one) => total + one, 0));
  }

  #story(origin: number, until: number): string {
    const since = (at: number): string => `${(at - origin).toFixed(1)} ms`;
    const refreshes = this.asked.map(({ refresh: { at, granted, answered }, worker }) => {
      const said = `refresh ${granted ? 'granted' : 'refused'} to ${worker ?? 'nobody'}`;
      return { at, said: `${since(at)} ${said}, answered ${answered === undefined ? 'never' : since(answered)}` };
    });
    const blows = [...this.kills, ...this.freezes, ...this.others].map(({ what, at, victims, end }) => {
      const ended = end === undefined ? '' : `, until ${since(end)}`;
      return { at, said: `${since(at)} ${[what, victims.join(', ')].join(' ').trim()}${ended}` };
    });
    const near = [...refreshes, ...blows].filter(({ at }) => at > origin - 45_000 && at <= until + 1_000);
    return near
      .toSorted((a, b) => a.at - b.at)
      .map(({ said }) => said)
      .join('; ');
  }
}
