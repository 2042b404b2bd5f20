/** The same commands with much in the home folder, and far below the project's file. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BeamAuthEdge } from '../sandbox/testing.ts';
import { measure, program } from './commands.ts';
import { milliseconds, type Row } from './table.ts';
import { timeInTurns, type Timing } from './time.ts';
import { addAccounts, addGateways, createUser, deepFolder, type User } from './user.ts';

const ACCOUNTS = 1_000;
const GATEWAYS = 10_000;
const DEPTH = 60;
const REACH = 1.3;

/** Milliseconds after which a list counts as one that stays (`src/store/remembered.ts`). */
const SETTLED = 2_500;

const COMMANDS = ['beamd token', 'beamd whoami', 'beamd orgs', 'beamd default', 'beamd status'];

interface Growth {
  readonly what: string;
  readonly commands: readonly string[];
  readonly user: User;
  readonly cwd?: string;
}

function toRow(what: string, small: Timing, large: Timing): Row {
  const ratio = large.wall / small.wall;
  const measured = `${milliseconds(large.wall)} from ${milliseconds(small.wall)}`;
  return { what, reach: `<= ${REACH} x`, measured, ratio, cpuRatio: large.cpu / small.cpu, ok: ratio <= REACH };
}

async function growthRows(small: User, { what, commands, user, cwd }: Growth, runs: number): Promise<Row[]> {
  const name = (command: string): string => `${command}, ${what}`;
  const programs = commands.flatMap((command) => [
    program(small, command),
    { ...program(user, command, cwd), name: name(command) },
  ]);
  const timings = await timeInTurns([measure(small), ...programs], runs);
  const nothing = { wall: NaN, cpu: NaN };
  return commands.map((command) => toRow(name(command), timings.get(command) ?? nothing, timings.get(name(command)) ?? nothing));
}

/** `small` is a user who has little; the ones who have much are made here. */
export async function allGrowthRows(edge: BeamAuthEdge, small: User, runs: number): Promise<Row[]> {
  const large = await createUser(edge);
  try {
    addAccounts(large, ACCOUNTS);
    addGateways(large, GATEWAYS);
    // A list that has changed just now is read anew each time.
    await sleep(SETTLED);
    const growths: Growth[] = [
      { what: '1,000 accounts', commands: COMMANDS, user: large },
      { what: '10,000 gateways', commands: ['runbeam harmony:list'], user: large },
      { what: '.beamd 60 folders up', commands: COMMANDS, user: small, cwd: deepFolder(small, DEPTH) },
    ];
    const rows: Row[] = [];
    for (const growth of growths) rows.push(...(await growthRows(small, growth, runs)));
    return rows;
  } finally {
    await large.world.close();
  }
}
