/** Which tokens an agent renews by itself: those of its cloud that are set so, about five days before their end. */
import { beforeEach, expect, it } from 'vitest';
import { systemClock, type Clock } from '../clock.ts';
import { changeSettings } from '../store/instances/instance-settings.ts';
import { addInstance, type Instance } from '../store/instances/instances.ts';
import { addToLedger, newSerial, type LedgerEntry } from '../store/instances/token-ledger.ts';
import type { Homes } from '../store/paths.ts';
import { tempHomes } from '../store/temp-home.testing.ts';
import { dueRenewals } from './due-renewals.ts';

const CLOUD = 'https://cloud.example';
const END = Date.parse('2026-11-30T00:00:00Z');
const DAY = 86_400_000;

let homes: Homes;
let gate: Instance;
let now: number;
const clock: Clock = { ...systemClock, now: () => now };

const deps = () => ({ homes, clock, env: {} });
const due = () => dueRenewals(deps(), `${CLOUD}/api`);

function known(more: Partial<LedgerEntry> = {}): Promise<void> {
  const entry = {
    serial: newSerial(),
    state: 'delivered',
    askedAt: new Date(END - 30 * DAY).toISOString(),
    cloud: CLOUD,
  } as const;
  return addToLedger(deps(), [
    { ...entry, gatewayCode: gate.id, instance: gate.id, expiresAt: new Date(END).toISOString(), ...more },
  ]);
}

beforeEach(async () => {
  homes = tempHomes();
  now = END - 10 * DAY;
  gate = await addInstance(deps(), { ip: '127.0.0.1', port: 8081, label: 'gate', pathPrefix: 'admin' });
  await changeSettings(deps(), new Map([[gate.id, { renew: 'auto' }]]));
});

it('is told when it will be due, and then what is to be replaced', async () => {
  await known();
  const { requests, next = 0 } = await due();
  expect([requests, next * 1000 >= END - 5 * DAY, next * 1000 < END - 4.5 * DAY]).toEqual([[], true, true]);
  now = next * 1000;
  const { id, ip, port, label, pathPrefix } = gate;
  expect(await due()).toEqual({
    requests: [
      { instance: { id, ip, port, label, pathPrefix }, via: 'cloud', retry: false, replaces: '2026-11-30T00:00:00.000Z' },
    ],
  });
});

it.each<[string, Partial<LedgerEntry>]>([
  ['of another cloud', { cloud: 'https://other.example' }],
  ['of an unknown cloud: another program asked', { cloud: undefined, state: 'stored' }],
  ['that were deleted here', { state: 'ended' }],
  ['that were perhaps issued', { state: 'unanswered' }],
])('leaves alone those %s', async (_, more) => {
  now = END - DAY;
  await known(more);
  expect(await due()).toEqual({ requests: [] });
});

it('leaves alone those that nobody has set to be renewed', async () => {
  now = END - DAY;
  await known();
  for (const renew of ['off', undefined] as const) {
    await changeSettings(deps(), new Map([[gate.id, { renew }]]));
    expect(await due()).toEqual({ requests: [] });
  }
});
