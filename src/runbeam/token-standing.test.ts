/** What is said of each machine token, by the ledger and by the files that are there. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { systemClock, type Clock } from '../clock.ts';
import { Secret } from '../secret.ts';
import { instanceKey } from '../store/instances/instance-key.ts';
import { addInstance, type Instance } from '../store/instances/instances.ts';
import {
  clearMachineToken,
  saveMachineToken,
  savePendingToken,
  tokenMarks,
  type MachineToken,
} from '../store/instances/machine-token.ts';
import { addToLedger, newSerial, readLedger, type LedgerEntry } from '../store/instances/token-ledger.ts';
import { instanceKeyFile, instancesFile, machineTokenFile, type Homes } from '../store/paths.ts';
import { ensureStoreKey } from '../store/secrets/key-file.ts';
import { tempHomes } from '../store/temp-home.testing.ts';
import { tokenInForce, tokenRows, type Standing } from './token-standing.ts';

const NOW = Date.parse('2026-11-01T12:00:00Z');
const clock: Clock = { ...systemClock, now: () => NOW };
const day = (days: number): string => new Date(NOW + days * 86_400_000).toISOString();

let homes: Homes;
let gate: Instance;

beforeEach(async () => {
  homes = tempHomes();
  gate = await addInstance({ homes, clock }, { ip: '127.0.0.1', port: 8081, label: 'gate', pathPrefix: 'admin' });
});

const deps = () => ({ homes, clock, env: {} });

function entry(more: Partial<LedgerEntry>): LedgerEntry {
  const askedAt = day(-10);
  return {
    serial: newSerial(),
    state: 'delivered',
    askedAt,
    cloud: 'https://cloud.example',
    gatewayCode: gate.id,
    instance: gate.id,
    ...more,
  };
}

function machineToken(more: Partial<MachineToken> = {}): MachineToken {
  const machineToken = new Secret(randomBytes(24).toString('hex'));
  return { machineToken, expiresAt: day(20), gatewayId: 'g1', abilities: [], ...more };
}

async function stored(token = machineToken()): Promise<void> {
  await saveMachineToken(deps(), gate.id, token, (await instanceKey(deps(), gate.id, {})).identity);
}

/** What is said, oldest end first. */
async function standings(): Promise<readonly (readonly [Standing, string | undefined])[]> {
  return (await tokenRows(deps())).map(({ standing, expiresAt }) => [standing, expiresAt]);
}

it.each<[string, Partial<LedgerEntry>[], [Standing, string][]]>([
  ['one that the gateway has', [{ expiresAt: day(20) }], [['live', day(20)]]],
  ['one that has ended', [{ expiresAt: day(-1) }], [['expired', day(-1)]]],
  ['one of an unknown end: thirty days from the question', [{}], [['live', day(20)]]],
  [
    'one that took the place of another',
    [{ expiresAt: day(3) }, { expiresAt: day(29) }],
    [
      ['replaced', day(3)],
      ['live', day(29)],
    ],
  ],
  ['one that was refused', [{ state: 'refused' }], []],
  ['an answer that may still come', [{ state: 'asked', askedAt: new Date(NOW - 59_000).toISOString() }], []],
  ['an answer that never came', [{ state: 'asked' }], [['perhaps_issued', day(20)]]],
  ['an answer that was lost a moment ago', [{ state: 'unanswered', askedAt: day(0) }], [['perhaps_issued', day(30)]]],
  ['one that would have ended meanwhile', [{ state: 'unanswered', askedAt: day(-31) }], []],
  ['one that is nowhere', [{ state: 'issued', expiresAt: day(9) }], [['lost', day(9)]]],
  [
    'one that is nowhere, and a newer one that is somewhere',
    [{ state: 'issued', expiresAt: day(9) }, { expiresAt: day(29) }],
    [
      ['replaced', day(9)],
      ['live', day(29)],
    ],
  ],
  ['one that was deleted here', [{ state: 'ended', expiresAt: day(9) }], [['replaced', day(9)]]],
  ['the old one, while a new one is asked for', [{ expiresAt: day(3) }, { state: 'asked', askedAt: day(0) }], [['live', day(3)]]],
  [
    'one for a code that is no instance',
    [{ state: 'given', instance: undefined, gatewayCode: 'ci', expiresAt: day(-2) }],
    [['expired', day(-2)]],
  ],
  ['the end of one whose gateway was removed', [{ instance: 'ffffffff', expiresAt: day(-2) }], [['replaced', day(-2)]]],
])('%s', async (_, entries, wanted) => {
  await addToLedger(deps(), entries.map(entry));
  expect(await standings()).toEqual(wanted);
});

it('one that waits to be delivered, beside the old one that is in force', async () => {
  await savePendingToken(deps(), gate.id, machineToken(), await ensureStoreKey(homes, {}));
  const mark = tokenMarks(homes, gate.id).pending;
  await addToLedger(deps(), [
    entry({ expiresAt: day(2) }),
    entry({ state: 'issued', expiresAt: day(20), mark }),
    entry({ state: 'unanswered', expiresAt: day(25) }),
  ]);
  expect(await standings()).toEqual([
    ['live', day(2)],
    ['undelivered', day(20)],
    ['perhaps_issued', day(25)],
  ]);
});

it('one that was kept by somebody who was killed then, or by a version without a ledger', async () => {
  await savePendingToken(deps(), gate.id, machineToken(), await ensureStoreKey(homes, {}));
  expect(await standings()).toEqual([['undelivered', undefined]]);
  await addToLedger(deps(), [entry({ state: 'asked', askedAt: day(0) })]);
  expect(await standings()).toEqual([['undelivered', day(30)]]);
});

it('one that was asked for with token:get does not hide the end of the one that the gateway has', async () => {
  await addToLedger(deps(), [entry({ expiresAt: day(2) }), entry({ state: 'given', expiresAt: day(29) })]);
  expect((await tokenRows(deps())).map(({ standing, expiresAt, givenOut }) => [standing, expiresAt, givenOut])).toEqual([
    ['live', day(2), undefined],
    ['live', day(29), true],
  ]);
  expect(tokenInForce(homes, gate.id)?.expiresAt).toBe(day(2));
});

it('one of another program is opened once, and then known; it is what the gateway has', async () => {
  await addToLedger(deps(), [entry({ expiresAt: day(3), mark: '1 1' })]);
  await stored(machineToken({ expiresAt: day(27), issuedAt: day(-3) }));
  expect(await tokenRows(deps())).toHaveLength(2);
  const ledger = readLedger(homes);
  expect(ledger[1]).toEqual({
    ...{
      serial: expect.any(String),
      state: 'stored',
      askedAt: day(-3),
      gatewayCode: gate.id,
      instance: gate.id,
      gatewayId: 'g1',
    },
    ...{ issuedAt: day(-3), expiresAt: day(27), mark: tokenMarks(homes, gate.id).stored },
  });
  // The key is not needed again.
  rmSync(instanceKeyFile(homes, gate.id));
  expect(await standings()).toEqual([
    ['replaced', day(3)],
    ['live', day(27)],
  ]);
  expect(readLedger(homes)).toEqual(ledger);
});

it('one of another program that no key opens is said to be so, and what is waiting beside it', async () => {
  await addToLedger(deps(), [entry({ expiresAt: day(3), mark: '1 1' }), entry({ state: 'unanswered', expiresAt: day(9) })]);
  await stored();
  rmSync(instanceKeyFile(homes, gate.id));
  expect(await standings()).toEqual([
    ['unreadable', undefined],
    ['perhaps_issued', day(9)],
  ]);
  expect(await tokenRows(deps(), { sealed: true })).toEqual([]);
});

it('ours in a home that was brought back from a backup is the same one', async () => {
  await stored();
  await addToLedger(deps(), [entry({ expiresAt: day(20), gatewayId: 'g1', mark: tokenMarks(homes, gate.id).stored })]);
  const file = machineTokenFile(homes, gate.id);
  const bytes = readFileSync(file);
  rmSync(file);
  writeFileSync(file, bytes, { mode: 0o600 });
  expect(await standings()).toEqual([['live', day(20)]]);
  expect(readLedger(homes).map(({ mark }) => mark)).toEqual([tokenMarks(homes, gate.id).stored]);
});

it('one that the gateway dropped here, which shares this home, is still counted until it ends', async () => {
  await stored();
  await addToLedger(deps(), [entry({ expiresAt: day(20), mark: tokenMarks(homes, gate.id).stored })]);
  clearMachineToken(homes, gate.id);
  expect(await standings()).toEqual([['live', day(20)]]);
});

it('costs more in proportion to the gateways, and no more than that', async () => {
  const count = 4_000;
  /** Processor time of reading them all, milliseconds: the least of three. */
  const costOf = async (many: number): Promise<number> => {
    const home = tempHomes();
    mkdirSync(home.runbeam, { recursive: true, mode: 0o700 });
    const ids = Array.from({ length: many }, (_, at) => at.toString(16).padStart(8, '0'));
    const entries = ids.map((id) => ({
      id,
      ip: '10.0.0.1',
      port: 8081,
      label: `gw-${id}`,
      path_prefix: 'admin',
      gateway_id: null,
    }));
    writeFileSync(instancesFile(home), JSON.stringify(entries), { mode: 0o600 });
    const expiresAt = (at: number): string => new Date(clock.now() + ((at * 7_919) % 29) * 86_400_000).toISOString();
    const asked = new Date(clock.now()).toISOString();
    const tokens = ids.map((id, at) => ({
      serial: `${id}${id}`,
      state: 'delivered' as const,
      askedAt: asked,
      gatewayCode: id,
      instance: id,
      expiresAt: expiresAt(at),
    }));
    await addToLedger({ homes: home, clock }, tokens);
    const costs: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const before = process.cpuUsage();
      expect(await tokenRows({ homes: home, clock, env: {} })).toHaveLength(many);
      const { user, system } = process.cpuUsage(before);
      costs.push((user + system) / 1_000);
    }
    return Math.min(...costs);
  };
  await costOf(count);
  const [few, many] = [await costOf(count), await costOf(count * 8)];
  // 8 times as many cost 8 times as much; with the square of the number it would be 64 times.
  expect(many / few).toBeLessThan(30);
});
