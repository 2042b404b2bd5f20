/** When an agent renews machine tokens, by a clock of the test's own. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BeamError } from '../../errors.ts';
import { ledgerFile, resolveHomes, type Homes } from '../../store/paths.ts';
import { ownClock, type OwnedClock } from '../agent.testing.ts';
import type { AuthorizeRequest, AuthorizeResult } from '../protocol/agent.ts';
import { Renewals } from './renewals.ts';

const HOUR = 3_600;
const END = '2026-03-01T00:00:00Z';

let homes: Homes;
let clock: OwnedClock;
let due: { requests: AuthorizeRequest[]; next?: number };
let outcome: () => Promise<Pick<AuthorizeResult, 'delivered' | 'expiresAt'>>;
let mayRenew: boolean;
let done: string[];

beforeEach(() => {
  homes = resolveHomes({}, mkdtempSync(join(tmpdir(), 'renewals ')));
  mkdirSync(homes.runbeam, { recursive: true });
  writeFileSync(ledgerFile(homes), '');
  clock = ownClock();
  due = { requests: [] };
  outcome = () => Promise.resolve({ delivered: true, expiresAt: END });
  mayRenew = true;
  done = [];
});

afterEach(() => rmSync(join(homes.runbeam, '..'), { recursive: true, force: true }));

const request = (id: string): AuthorizeRequest => ({
  instance: { id, ip: '127.0.0.1', port: 8081, label: id, pathPrefix: 'admin' },
  via: 'cloud',
  retry: false,
  replaces: '2026-01-05T00:00:00Z',
});

function renewals(): Renewals {
  const authorize = async ({ instance }: AuthorizeRequest): Promise<AuthorizeResult> => {
    done.push(`authorize ${instance.id}`);
    const gateway = { id: 'g', code: instance.id, name: instance.label };
    return { gateway, abilities: [], via: 'cloud', ...(await outcome()) };
  };
  const dueRenewals = () => {
    done.push('look');
    return Promise.resolve(due);
  };
  const write = (event: string, detail: object = {}): void => void done.push(`${event} ${JSON.stringify(detail)}`);
  const agent = { withSession: <T>(work: () => Promise<T>) => work(), mayRenew: () => mayRenew };
  return new Renewals({ homes, clock, work: { dueRenewals, authorize }, agent, log: { write }, random: () => 1 });
}

/** What was done since the last time. */
const since = (): string[] => done.splice(0);

/** As when a command has changed what there is. */
function change(): void {
  utimesSync(ledgerFile(homes), new Date(clock.now()), new Date(clock.now()));
}

test('it looks at once, and then once an hour, when something changed, and when the next is due', async () => {
  const own = renewals();
  await own.tick();
  expect([since(), own.pending]).toEqual([['look'], false]);
  clock.advance(HOUR - 1);
  await own.tick();
  expect(since()).toEqual([]);
  due = { requests: [], next: clock.now() / 1000 + 600 };
  clock.advance(1);
  await own.tick();
  expect([since(), own.pending]).toEqual([['look'], true]);
  clock.advance(598);
  await own.tick();
  expect(since()).toEqual([]);
  clock.advance(1);
  due = { requests: [request('a'), request('b')] };
  await own.tick();
  const renewed = (id: string): string => `renewed {"gateway":"${id}","expires_at":"${END}"}`;
  expect(since()).toEqual(['look', 'authorize a', renewed('a'), 'authorize b', renewed('b')]);
  due = { requests: [] };
  change();
  await own.tick();
  expect([since(), own.pending]).toEqual([['look'], false]);
});

test('without a ledger, or with a session that is none of its cloud or goes another way, it does not even look', async () => {
  mayRenew = false;
  const own = renewals();
  await own.tick();
  mayRenew = true;
  rmSync(ledgerFile(homes));
  await own.tick();
  expect(since()).toEqual([]);
});

test('after trouble it waits longer each time, whatever changes; one that fails stops no other; a log line tells which', async () => {
  due = { requests: [request('a'), request('b')] };
  outcome = () =>
    done.at(-1) === 'authorize a'
      ? Promise.reject(new BeamError('network', 'no route'))
      : Promise.resolve({ delivered: false, expiresAt: END });
  const failed = [
    ...['look', 'authorize a', 'renewal failed {"gateway":"a","code":"network"}'],
    ...['authorize b', 'renewal failed {"gateway":"b","code":"not_delivered"}'],
  ];
  const own = renewals();
  await own.tick();
  expect([since(), own.pending]).toEqual([failed, true]);
  for (const pause of [300, 600, 1_200, 2_400, 4_800, 9_600, 19_200, 21_600, 21_600]) {
    clock.advance(pause - 1);
    change();
    await own.tick();
    expect(since()).toEqual([]);
    clock.advance(1);
    await own.tick();
    expect(since()).toEqual(failed);
  }
  outcome = () => Promise.resolve({ delivered: true, expiresAt: END });
  clock.advance(21_600);
  await own.tick();
  expect(since()).toHaveLength(5);
  due = { requests: [] };
  clock.advance(HOUR);
  await own.tick();
  expect(since()).toEqual(['look']);
});

test('a session that is over ends the round: every further one would meet that', async () => {
  due = { requests: [request('a'), request('b')] };
  outcome = () => Promise.reject(new BeamError('session_ended', 'over'));
  const own = renewals();
  await own.tick();
  expect(since()).toEqual(['look', 'authorize a', 'renewal failed {"gateway":"a","code":"session_ended"}']);
});

test('two ticks at once are one look', async () => {
  const own = renewals();
  await Promise.all([own.tick(), own.tick()]);
  expect(since()).toEqual(['look']);
});
