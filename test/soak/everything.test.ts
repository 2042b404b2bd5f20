/**
 * Everything at once, for an hour: several users at work, sessions that are refreshed every few seconds, and kills, freezes,
 * updates, full disks and two namespaces on one home, at random moments.
 *
 * `BEAMD_SOAK_MINUTES` sets another length, `BEAMD_SOAK_SEED` repeats a run as far as its chance goes.
 */
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildProduct } from '../../scripts/build.ts';
import { isRoot } from '../support/agent.ts';
import { cleanup } from '../support/cleanup.ts';
import { createCliUser } from '../support/cli-user.ts';
import { Home, type HomeOptions } from '../support/everything/home.ts';
import { Trouble } from '../support/everything/trouble.ts';
import { BUILT } from '../support/installed.ts';
import { expireSession, succeeded } from '../support/login.ts';
import { figure, until } from '../support/measure.ts';

const keep = cleanup();

const MINUTES = Number(process.env['BEAMD_SOAK_MINUTES'] ?? 60);
const SEED = Number(process.env['BEAMD_SOAK_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

/** Callers of each user, side by side. */
const CLIENTS = 2;

const HOMES: readonly Omit<HomeOptions, 'seed'>[] = [
  { name: 'plain', edge: 'beam-auth', life: 3 },
  { name: 'oauth', edge: 'oauth', life: 5 },
  { name: 'small disk', edge: 'beam-auth', life: 4, onDisk: true },
  { name: 'two namespaces', edge: 'beam-auth', life: 4, inNamespaces: true },
  { name: 'two namespaces on a small disk', edge: 'oauth', life: 6, onDisk: true, inNamespaces: true },
];

/** What an update brings, one after the other. */
async function builds(): Promise<string[]> {
  const folder = join(keep(createCliUser()).root, 'other');
  await buildProduct(folder, '0.0.1-other');
  return [BUILT, folder];
}

function sums(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((one) => Object.entries(one))) all[name] = (all[name] ?? 0) + count;
  return all;
}

/** Refreshes once more, so that a loss shows that nobody has met yet, and sees that all is as it should be. */
async function lookOver(home: Home): Promise<void> {
  if (home.isOver) await home.logInAgain();
  await expireSession(home.user, home.edge);
  await home.call(['token']);
  if (home.isOver) await home.logInAgain();
  succeeded(await home.user.run('beamd', ['token'], { installed: home.installed.folder }));
  expect(home.edge.liveSessions()).toBe(1);
  await until(() => home.user.agents().length === 1);
}

/** The figures of a run. */
function tell(homes: readonly Home[], troubles: readonly Trouble[]): void {
  figure('everything at once: answers', sums(homes.map(({ answers }) => Object.fromEntries(answers))));
  figure('everything at once: troubles', sums(troubles.map(({ done }) => done)));
  for (const { name, losses } of homes) {
    for (const { had } of losses) figure(`a session of ${name} lost by a kill`, { 'ms after the answer': had ?? NaN });
  }
  figure('everything at once', {
    'minutes': MINUTES,
    'homes': homes.length,
    ...sums(homes.map(({ edge: { counters } }) => ({ refreshes: counters.refreshes, refused: counters.refusedRefreshes }))),
    'lost': homes.flatMap(({ losses }) => losses).length,
    'lost by nothing that is stated': homes.flatMap(({ losses }) => losses).filter(({ isResidual }) => !isResidual).length,
    'slowest command, ms': Math.max(...homes.map(({ slowest }) => slowest)),
  });
}

test(
  `kills, freezes, updates, full disks and two namespaces at once, for ${MINUTES} minutes, lose no session but the stated one`,
  { timeout: (MINUTES + 20) * 60_000 },
  async () => {
    figure('everything at once: seed', { seed: SEED });
    const programs = await builds();
    const homes: Home[] = [];
    for (const options of HOMES.filter(({ onDisk, inNamespaces }) => isRoot || !(onDisk ?? inNamespaces ?? false))) {
      homes.push(await Home.open(keep, { ...options, seed: SEED }));
    }
    const troubles = homes.map((home) => new Trouble(home, programs));
    const over = new AbortController();
    setMaxListeners(0, over.signal);
    const timer = setTimeout(() => over.abort(), MINUTES * 60_000);
    // The others end, too, and undo what they did, when one cannot go on.
    const orEnd = (work: Promise<void>): Promise<void> =>
      work.catch((error: unknown) => {
        over.abort();
        throw error;
      });
    const ends = await Promise.allSettled(
      [
        ...homes.flatMap((home) => Array.from({ length: CLIENTS }, (_, client) => home.work(client, over.signal))),
        ...troubles.map((trouble) => trouble.make(over.signal)),
      ].map(orEnd),
    );
    clearTimeout(timer);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    for (const home of homes) await lookOver(home).catch((error: unknown) => home.faults.push(`at the end: ${String(error)}`));
    tell(homes, troubles);
    expect(homes.flatMap(({ name, faults }) => faults.map((fault) => `${name}: ${fault}`))).toEqual([]);
  },
);
