/** What goes wrong at one home, all the time and at any moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackgroundProgram } from '../../../src/programs.ts';
import { fill, free } from '../disk.ts';
import type { Random } from '../random.ts';
import { signalLater } from '../signal-later.ts';
import type { Home } from './home.ts';
import type { Blow } from './losses.ts';

/** Milliseconds that a worker is waited for before it is given up to be killed. */
const PATIENCE = 10_000;

/** A worker lives about as long, milliseconds. */
const LIFE = 400;

type Kind = 'agent' | 'worker' | 'both';

const KINDS = [
  [3, 'agent'],
  [4, 'worker'],
  [3, 'both'],
] as const satisfies readonly (readonly [number, Kind])[];

/** The worker, if it is meant, stands last: it is the one that is waited for. */
const PROGRAMS: Readonly<Record<Kind, readonly BackgroundProgram[]>> = {
  agent: ['agent'],
  worker: ['worker'],
  both: ['agent', 'worker'],
};

/** Most freezes are short, some are longer than any wait. Milliseconds. */
const FREEZES: readonly (readonly [number, readonly [number, number]])[] = [
  [6, [20, 2_000]],
  [3, [2_000, 10_000]],
  [2, [10_000, 35_000]],
];

/** Counts of what was done. */
export type Done = Record<string, number>;

/** Does it until it is enough, and undoes what has an end. */
export class Trouble {
  readonly done: Done = {};
  readonly #home: Home;
  readonly #random: Random;
  /** Programs of the builds that follow each other. */
  readonly #builds: readonly string[];
  #updates = 0;
  /** What goes on beside the rest. */
  readonly #beside = new Set<Promise<void>>();
  #isFull = false;

  constructor(home: Home, builds: readonly string[]) {
    this.#home = home;
    this.#random = home.random('trouble');
    this.#builds = builds;
  }

  async make(enough: AbortSignal): Promise<void> {
    try {
      while (!enough.aborted) {
        if (this.#home.isOver) await this.#home.logInAgain();
        else await this.#one(enough)();
        await sleep(this.#random.between(500, 7_000), undefined, { signal: enough }).catch(() => undefined);
      }
    } finally {
      await Promise.all(this.#beside);
    }
    if (this.#home.isOver) await this.#home.logInAgain();
  }

  #one(enough: AbortSignal): () => Promise<void> {
    return this.#random.pick<() => Promise<void>>([
      [10, () => this.#kill()],
      [5, () => this.#besides(this.#freeze(enough))],
      [2, () => this.#update()],
      [this.#home.disk === undefined || this.#isFull ? 0 : 3, () => this.#besides(this.#full(enough))],
    ]);
  }

  #besides(work: Promise<void>): Promise<void> {
    const kept: Promise<void> = work.finally(() => this.#beside.delete(kept));
    this.#beside.add(kept);
    return Promise.resolve();
  }

  #count(what: string, by = 1): void {
    this.done[what] = (this.done[what] ?? 0) + by;
  }

  #target(kind: Kind) {
    return {
      of: { root: this.#home.user.root, programs: PROGRAMS[kind] },
      patience: kind === 'agent' ? 0 : PATIENCE,
      delay: this.#random.between(0, LIFE),
    };
  }

  async #kill(): Promise<void> {
    const kind = this.#random.pick(KINDS);
    const { from, names } = await signalLater(this.#target(kind));
    if (names.length === 0) return;
    const { journal, spender } = this.#home;
    const isInRefresh = names.includes(spender() ?? '');
    (kind === 'agent' ? journal.others : journal.kills).push({ what: `kill of ${kind}`, at: from, victims: names, isInRefresh });
    this.#count(`kills of ${kind}`);
  }

  async #freeze(enough: AbortSignal): Promise<void> {
    const kind = this.#random.pick(KINDS);
    const [low, high] = this.#random.pick(FREEZES);
    const duration = this.#random.between(low, high);
    const { from, pids, names } = await signalLater({ signal: 'SIGSTOP', ...this.#target(kind) });
    const blow: Blow = { what: `freeze of ${kind}`, at: from, victims: names };
    this.#home.journal.freezes.push(blow);
    await sleep(duration, undefined, { signal: enough }).catch(() => undefined);
    const there = new Set(this.#home.user.background('agent', 'worker').map(({ pid }) => pid));
    for (const pid of pids.filter((one) => there.has(one))) process.kill(pid, 'SIGCONT');
    blow.end = performance.now();
    if (pids.length > 0) this.#count(`freezes of ${kind}`);
  }

  async #update(): Promise<void> {
    this.#updates += 1;
    const { journal, installed } = this.#home;
    await installed.update(this.#builds[this.#updates % this.#builds.length] ?? '');
    journal.others.push({ what: 'update', at: performance.now(), victims: [] });
    this.#count('updates');
  }

  async #full(enough: AbortSignal): Promise<void> {
    const { disk = '', journal } = this.#home;
    this.#isFull = true;
    const blow: Blow = { what: 'full disk', at: performance.now(), victims: [] };
    journal.others.push(blow);
    fill(disk);
    await sleep(this.#random.between(200, 12_000), undefined, { signal: enough }).catch(() => undefined);
    free(disk);
    blow.end = performance.now();
    this.#isFull = false;
    this.#count('full disks');
  }
}
