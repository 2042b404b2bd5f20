/** The ledger of machine tokens: what others, crashes, full disks and many writers at once do to it. */
import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'rolldown';
import { expect, it } from 'vitest';
import { systemClock, type Clock } from '../../clock.ts';
import { failure } from '../../errors.testing.ts';
import { ledgerFile, type Homes } from '../paths.ts';
import { seededRandom } from '../../../test/support/random.ts';
import { tempHomes } from '../temp-home.testing.ts';
import { addToLedger, beginRecord, findRecord, knownExpiries, newSerial, readLedger, type LedgerEntry } from './token-ledger.ts';

const DAY = 86_400_000;
const CLOUD = 'https://cloud.example.com';
const at = (now: number): Clock => ({ ...systemClock, now: () => now });
const NOON_TEXT = '2026-11-01T12:00:00Z';
const NOON = Date.parse(NOON_TEXT);

const asked = { cloud: CLOUD, gatewayCode: 'gw', instance: '1a2b3c4d' };

function entry(more: Partial<LedgerEntry> = {}): LedgerEntry {
  const askedAt = new Date(NOON).toISOString();
  return { serial: newSerial(), state: 'delivered', askedAt, ...asked, ...more };
}

it('tells what became of a token, in lines that are only added, in a file of the user alone', async () => {
  const deps = { homes: tempHomes(), clock: at(NOON) };
  expect(readLedger(deps.homes)).toEqual([]);
  const record = await beginRecord(deps, asked);
  const [first] = readLedger(deps.homes);
  expect(first).toEqual({
    serial: expect.stringMatching(/^[0-9a-f]{16}$/),
    state: 'asked',
    askedAt: '2026-11-01T12:00:00.000Z',
    ...asked,
  });
  const before = readFileSync(ledgerFile(deps.homes), 'utf8');
  const facts = { gatewayId: 'g1', expiresAt: '2026-12-01T12:00:00Z', mark: '7 8' };
  await record.became('issued', facts);
  await record.became('delivered');
  expect(readLedger(deps.homes)).toEqual([{ ...first, ...facts, state: 'delivered' }]);
  const after = readFileSync(ledgerFile(deps.homes), 'utf8');
  expect([after.startsWith(before), after.split('\n').length, statSync(ledgerFile(deps.homes)).mode & 0o777]).toEqual([
    true,
    4,
    0o600,
  ]);
  expect(knownExpiries(deps.homes)).toEqual(new Map([['1a2b3c4d 7 8', '2026-12-01T12:00:00Z']]));
});

it('passes over a line that a crash cut off, and what comes next begins on one of its own', async () => {
  const deps = { homes: tempHomes(), clock: at(NOON) };
  await addToLedger(deps, [entry({ serial: 'a' }), entry({ serial: 'b' })]);
  truncateSync(ledgerFile(deps.homes), statSync(ledgerFile(deps.homes)).size - 9);
  expect(readLedger(deps.homes).map(({ serial }) => serial)).toEqual(['a']);
  await addToLedger(deps, [entry({ serial: 'c' })]);
  expect(readLedger(deps.homes).map(({ serial }) => serial)).toEqual(['a', 'c']);
});

it.each([
  ['no JSON', 'what is this\n'],
  ['no object', '[1]\nnull\n"a"\n7\n'],
  ['no serial', '{"state":"delivered","asked_at":"2026-11-01T12:00:00Z","gateway_code":"x"}\n'],
  ['a state of a later version', '{"serial":"z","state":"frozen","asked_at":"2026-11-01T12:00:00Z","gateway_code":"x"}\n'],
  ['a change of nothing', '{"serial":"z","state":"delivered"}\n'],
  ['a member of another type', '{"serial":"a","expires_at":7,"state":"delivered"}\n'],
  ['NUL bytes, as after a power cut', '\0\0\0\0\n'],
  ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x0a])],
])('goes on past spoilt lines: %s', async (_, line) => {
  const deps = { homes: tempHomes(), clock: at(NOON) };
  const [a, b] = [entry({ serial: 'a' }), entry({ serial: 'b' })];
  await addToLedger(deps, [a]);
  appendFileSync(ledgerFile(deps.homes), line);
  await addToLedger(deps, [b]);
  expect(readLedger(deps.homes)).toEqual([a, b]);
});

/** A program that adds forty tokens, one after the other. */
const writer = (ledger: string, clock: string): string => `
  import { addToLedger } from ${ledger};
  import { systemClock } from ${clock};
  const [beamd, runbeam, who] = process.argv.slice(2);
  for (let n = 0; n < 40; n += 1) {
    const askedAt = new Date().toISOString();
    const added = { serial: who + '-' + n, state: 'delivered', askedAt, gatewayCode: 'x'.repeat(300) };
    await addToLedger({ homes: { beamd, runbeam }, clock: systemClock }, [added]);
  }
`;

it('keeps every line of many processes that write at once, and folds meanwhile', { timeout: 120_000 }, async () => {
  const deps = { homes: tempHomes(), clock: systemClock };
  // Almost as large as what is folded, and nearly all of it over: the writers fold it while the others add.
  const over = Array.from({ length: 1_500 }, () => entry({ state: 'refused' }));
  await addToLedger(deps, over);
  const large = statSync(ledgerFile(deps.homes)).size;
  mkdirSync(deps.homes.beamd);
  const script = join(deps.homes.beamd, 'writer.mjs');
  const pathOf = (file: string): string => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)));
  const input = join(deps.homes.beamd, 'writer-source.mjs');
  writeFileSync(input, writer(pathOf('./token-ledger.ts'), pathOf('../../clock.ts')));
  await build({ input, platform: 'node', output: { file: script, codeSplitting: false } });
  const { beamd, runbeam } = deps.homes;
  const run = promisify(execFile);
  await Promise.all(['a', 'b', 'c', 'd'].map((who) => run(process.execPath, [script, beamd, runbeam, who])));
  const kept = readLedger(deps.homes).filter(({ state }) => state === 'delivered');
  const wanted = ['a', 'b', 'c', 'd'].flatMap((who) => Array.from({ length: 40 }, (_, n) => `${who}-${n}`));
  expect(kept.map(({ serial }) => serial).sort()).toEqual(wanted.sort());
  expect(statSync(ledgerFile(deps.homes)).size).toBeLessThan(large);
});

it('folds to one line for each token that still matters, and no earlier than it has doubled', async () => {
  const deps = { homes: tempHomes(), clock: at(NOON) };
  const day = (days: number): string => new Date(NOON + days * DAY).toISOString();
  const matter = [
    entry({ serial: 'live', expiresAt: day(20) }),
    entry({ serial: 'ended', expiresAt: day(-36) }),
    entry({ serial: 'perhaps', state: 'asked', askedAt: day(-36) }),
  ];
  const gone = [
    entry({ serial: 'long ended', expiresAt: day(-38) }),
    entry({ serial: 'long asked', state: 'asked', askedAt: day(-38) }),
    entry({ serial: 'refused', state: 'refused' }),
  ];
  // One that another hand has spoilt is passed over.
  await addToLedger(deps, [...matter, ...gone, entry({ serial: 'no time', askedAt: 'once' })]);
  expect(readLedger(deps.homes)).toHaveLength(6);
  for (let lines = 0; statSync(ledgerFile(deps.homes)).size > 1_000 || lines === 0; lines += 1) {
    await addToLedger(
      deps,
      Array.from({ length: 400 }, () => ({ serial: 'live', expiresAt: day(20) })),
    );
  }
  expect(readLedger(deps.homes)).toEqual(matter);
  expect(readFileSync(ledgerFile(deps.homes), 'utf8').split('\n')).toHaveLength(matter.length + 1);
});

it('does not write many live tokens anew with each of them', async () => {
  const deps = { homes: tempHomes(), clock: at(NOON) };
  const many = Array.from({ length: 2_000 }, () => entry({ expiresAt: new Date(NOON + DAY).toISOString() }));
  await addToLedger(deps, many);
  const { ino } = statSync(ledgerFile(deps.homes));
  await addToLedger(deps, [entry()]);
  expect([statSync(ledgerFile(deps.homes)).ino, readLedger(deps.homes).length]).toEqual([ino, 2_001]);
});

/** What stands where the ledger should be, and the error of who would write there. */
const OBSTACLES: readonly (readonly [string, (homes: Homes) => void, string])[] = [
  [
    'a symbolic link',
    (homes) => {
      writeFileSync(join(homes.beamd, 'elsewhere'), 'mine\n');
      symlinkSync(join(homes.beamd, 'elsewhere'), ledgerFile(homes));
    },
    'unsafe_path',
  ],
  ['a named pipe', (homes) => execFileSync('mkfifo', [ledgerFile(homes)]), 'bad_file'],
  ['a folder', (homes) => mkdirSync(ledgerFile(homes)), 'bad_file'],
];

it.each(OBSTACLES)('does not begin where it cannot be written: %s', async (_, obstruct, code) => {
  const deps = { homes: tempHomes(), clock: systemClock };
  for (const folder of [deps.homes.beamd, deps.homes.runbeam]) mkdirSync(folder, { mode: 0o700, recursive: true });
  obstruct(deps.homes);
  expect((await failure(() => beginRecord(deps, asked))).code).toBe(code);
  if (existsSync(join(deps.homes.beamd, 'elsewhere')))
    expect(readFileSync(join(deps.homes.beamd, 'elsewhere'), 'utf8')).toBe('mine\n');
});

it('what came later is not lost with a ledger that cannot be written any more: it stays what was known', async () => {
  const deps = { homes: tempHomes(), clock: systemClock };
  const record = await beginRecord(deps, asked);
  rmSync(ledgerFile(deps.homes));
  mkdirSync(ledgerFile(deps.homes));
  await record.became('issued');
  rmSync(ledgerFile(deps.homes), { recursive: true });
  expect(knownExpiries(deps.homes)).toEqual(new Map());
});

it('finds the entry of the token that is kept by its file, and else by who was killed before that was put down', async () => {
  const deps = { homes: tempHomes(), clock: systemClock };
  expect(findRecord(deps, asked.instance, '1 1')).toBeUndefined();
  await addToLedger(deps, [
    entry({ serial: 'kept', state: 'issued', mark: '1 1' }),
    entry({ serial: 'killed', state: 'asked' }),
    entry({ serial: 'other', state: 'asked', instance: 'ffffffff' }),
  ]);
  await findRecord(deps, asked.instance, '1 1')?.became('delivered');
  await findRecord(deps, asked.instance, '2 2')?.became('ended');
  expect(readLedger(deps.homes).map(({ serial, state }) => [serial, state])).toEqual([
    ['kept', 'delivered'],
    ['killed', 'ended'],
    ['other', 'asked'],
  ]);
});

it('takes for an end only what is a time, and gives it in RFC 3339', () => {
  const homes = tempHomes();
  const line = {
    serial: 's',
    state: 'delivered',
    asked_at: '2026-11-01T12:00:00.000Z',
    gateway_code: 'gw',
    issued_at: '\u001b[2J',
  };
  const lines = ['2026-12-01 (\u001b[2J)', 'never'].map((end, serial) => ({ ...line, serial: String(serial), expires_at: end }));
  mkdirSync(homes.runbeam, { recursive: true });
  writeFileSync(ledgerFile(homes), lines.map((each) => `${JSON.stringify(each)}\n`).join(''));
  const read = { state: 'delivered', askedAt: '2026-11-01T12:00:00.000Z', gatewayCode: 'gw' };
  expect(readLedger(homes)).toEqual([
    { ...read, serial: '0', expiresAt: expect.stringMatching(/^2026-1\d-\d\dT\d\d:00:00\.000Z$/) },
    { ...read, serial: '1' },
  ]);
});

/** What stands in the file, read from its beginning. */
function anew(homes: Homes): string[] {
  const states = new Map<string, string>();
  for (const line of readFileSync(ledgerFile(homes), 'utf8').split('\n')) {
    try {
      const { serial, state } = JSON.parse(line) as { serial: string; state: string };
      states.set(serial, state);
    } catch {
      // A line that is not whole.
    }
  }
  return [...states].map((pair) => pair.join(' '));
}

it('reads only what is new, and is never wrong for it: lines, halves of lines, cuts, other files in its place', async () => {
  const deps = { homes: tempHomes(), clock: at(NOON) };
  const path = ledgerFile(deps.homes);
  const chance = seededRandom(13, 'ledger');
  const lineOf = (serial: number): string =>
    `${JSON.stringify({
      serial: String(serial),
      state: chance.pick([
        [1, 'asked'],
        [1, 'issued'],
        [1, 'delivered'],
      ]),
      asked_at: '2026-11-01T12:00:00Z',
      gateway_code: 'gw',
    })}\n`;
  await addToLedger(deps, [entry({ serial: '0' })]);
  const kinds: string[] = [];
  for (let round = 0; round < 300; round += 1) {
    const line = lineOf(Math.floor(chance.between(0, 12)));
    const size = statSync(path).size;
    const kind = chance.pick([
      [6, 'line'],
      [2, 'half'],
      [2, 'cut'],
      [1, 'other'],
    ] as const);
    kinds.push(kind);
    if (kind === 'line') appendFileSync(path, line);
    if (kind === 'half') appendFileSync(path, line.slice(0, Math.floor(chance.between(1, line.length))));
    // Cut in the middle of what was read, and grown again over it.
    if (kind === 'cut') {
      truncateSync(path, Math.floor(size / 2));
      appendFileSync(path, `\n${line.repeat(3)}`);
    }
    if (kind === 'other') {
      writeFileSync(`${path}.new`, readFileSync(path, 'utf8').split('\n').slice(-3).join('\n'));
      renameSync(`${path}.new`, path);
    }
    expect(readLedger(deps.homes).map(({ serial, state }) => `${serial} ${state}`)).toEqual(anew(deps.homes));
  }
  expect(new Set(kinds).size).toBe(4);
});

it.each([
  ['2026-02-31T23:59:59.123+23:59', '2026-02-31T23:59:59.123+23:59'],
  ['2026-12-01 12:00:00Z', '2026-12-01T12:00:00.000Z'],
  ['2026-12-01T24:00:00Z', '2026-12-02T00:00:00.000Z'],
  ['2026-13-01T12:00:00Z', undefined],
  ['2026-12-01T12:00:60Z', undefined],
  ['soon', undefined],
])('an end that stands there as %s is %s', async (written, read) => {
  const homes = tempHomes();
  await addToLedger({ homes, clock: at(NOON) }, [entry({ expiresAt: written })]);
  const [found] = readLedger(homes);
  expect([found?.expiresAt, Number.isNaN(Date.parse(found?.expiresAt ?? NOON_TEXT))]).toEqual([read, false]);
});
