/** The commands that are timed, and how fast they are to be. */
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../sandbox/testing.ts';
import { milliseconds, type Row } from './table.ts';
import { timeInTurns, type Program, type Timing } from './time.ts';
import { stopAgent, type User } from './user.ts';

interface Goal {
  readonly command: string;
  /** Times `node -e 0`. */
  readonly reach: number;
  /** Held by CI, with room for noise. */
  readonly budget?: boolean;
  /** Starts from an agent that does not run. */
  readonly cold?: boolean;
}

const FIRST = 'beamd token, agent not running';

const GOALS: readonly Goal[] = [
  { command: 'beamd token', reach: 1.25, budget: true },
  { command: 'beamd whoami', reach: 1.8, budget: true },
  { command: 'beamd orgs', reach: 1.8 },
  { command: 'beamd default', reach: 1.8 },
  { command: 'beamd status', reach: 1.8, budget: true },
  { command: 'runbeam harmony:list', reach: 1.8 },
  { command: 'beamd --help', reach: 2.2, budget: true },
  { command: 'runbeam --help', reach: 2.2, budget: true },
  { command: FIRST, reach: 4, cold: true, budget: true },
];

/** How far over its reach a row may be before CI fails: machines are busy, and neighbours noisy. */
const ROOM = 1.5;

const MEASURE = 'node -e 0';

export function measure({ world }: User): Program {
  return { name: MEASURE, file: process.execPath, args: ['-e', '0'], env: world.env, cwd: world.work };
}

/** A command line of ours as a program. */
export function program(user: User, command: string, cwd = user.world.work): Program {
  const [bin = '', ...args] = command.split(',', 1)[0]?.split(' ') ?? [];
  const file = join(PACKAGE_ROOT, 'bin', `${bin}.js`);
  return { name: command, file: process.execPath, args: [file, ...args], env: user.world.env, cwd };
}

function toRow(goal: Goal, timing: Timing, bare: Timing): Row {
  const ratio = timing.wall / bare.wall;
  const cpuRatio = timing.cpu / bare.cpu;
  // Time on the clock and of the processor: noise seldom falsifies both.
  const broken = (goal.cold === true ? ratio : Math.min(ratio, cpuRatio)) > goal.reach * ROOM;
  return {
    what: goal.command,
    reach: `<= ${goal.reach} x`,
    measured: milliseconds(timing.wall),
    ratio,
    ok: ratio <= goal.reach,
    ...(goal.cold === true ? {} : { cpuRatio }),
    ...(goal.budget === true ? { broken } : {}),
  };
}

function plainRow(what: string, timing: Timing, bare: Timing): Row {
  return {
    what,
    reach: '',
    measured: milliseconds(timing.wall),
    ratio: timing.wall / bare.wall,
    cpuRatio: timing.cpu / bare.cpu,
  };
}

function get(timings: ReadonlyMap<string, Timing>, name: string): Timing {
  return timings.get(name) ?? { wall: NaN, cpu: NaN };
}

/** Only the rows that have a budget; `cold` as below. */
export async function budgetRows(user: User, cold: User, runs: number): Promise<Row[]> {
  const held = GOALS.filter(({ budget }) => budget === true);
  const warm = await timeGoals(
    user,
    held.filter((goal) => goal.cold !== true),
    [],
    runs,
  );
  const first = await timeGoals(
    cold,
    held.filter((goal) => goal.cold === true),
    [],
    Math.ceil(runs / 2),
  );
  return [...warm, ...first.slice(1)];
}

/** Every row, `cold` being the user whose agent is stopped again and again, and the neighbours. */
export async function commandRows(user: User, cold: User, neighbours: readonly Program[], runs: number): Promise<Row[]> {
  const warm = await timeGoals(
    user,
    GOALS.filter((goal) => goal.cold !== true),
    neighbours,
    runs,
  );
  const first = await timeGoals(
    cold,
    GOALS.filter((goal) => goal.cold === true),
    [],
    Math.ceil(runs / 2),
  );
  return [...warm, ...first.slice(1)];
}

async function timeGoals(user: User, goals: readonly Goal[], others: readonly Program[], runs: number): Promise<Row[]> {
  const ours = goals.map(({ command, cold }) => ({
    ...program(user, command),
    ...(cold === true ? { before: () => stopAgent(user) } : {}),
  }));
  const timings = await timeInTurns([measure(user), ...ours, ...others], runs);
  const bare = get(timings, MEASURE);
  return [
    plainRow(MEASURE, bare, bare),
    ...goals.map((goal) => toRow(goal, get(timings, goal.command), bare)),
    ...others.map(({ name }) => plainRow(name, get(timings, name), bare)),
    ...others.filter(({ name }) => name.startsWith('gh ')).map(({ name }) => against(timings, 'beamd token', name)),
  ];
}

function against(timings: ReadonlyMap<string, Timing>, ours: string, theirs: string): Row {
  const [one, other] = [get(timings, ours), get(timings, theirs)];
  const ratio = one.wall / other.wall;
  return {
    what: `${ours} to ${theirs}`,
    reach: '< 1 x',
    measured: `${milliseconds(one.wall)} to ${milliseconds(other.wall)}`,
    ratio,
    cpuRatio: one.cpu / other.cpu,
    ok: ratio < 1,
  };
}
