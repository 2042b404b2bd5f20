/** The commands that are timed, and how fast they are to be. */
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../sandbox/testing.ts';
import { compare, type Row } from './table.ts';
import { timeInTurns, type Program, type Timing } from './time.ts';
import { stopAgent, type User } from './user.ts';

export interface Goal {
  readonly command: string;
  /** Times `node -e 0`. */
  readonly goal: number;
}

const GOALS: readonly Goal[] = [
  { command: 'beamd token', goal: 1.6 },
  { command: 'beamd whoami', goal: 1.6 },
  { command: 'beamd orgs', goal: 1.6 },
  { command: 'beamd default', goal: 1.6 },
  { command: 'beamd status', goal: 1.9 },
  { command: 'beamd doctor --offline', goal: 3 },
  { command: 'runbeam harmony:list', goal: 1.9 },
  { command: 'beamd --help', goal: 3.5 },
  { command: 'runbeam --help', goal: 3.5 },
];

const FIRST: Goal = { command: 'beamd token, agent not running', goal: 6 };

export const MEASURE = 'node -e 0';

export function measure({ world }: User): Program {
  return { name: MEASURE, file: process.execPath, args: ['-e', '0'], env: world.env, cwd: world.work };
}

/** A command line of ours as a program; what follows a comma in it is a remark. */
export function program(user: User, command: string, cwd = user.world.work): Program {
  const [bin = '', ...args] = command.split(',', 1)[0]?.split(' ') ?? [];
  const file = join(PACKAGE_ROOT, 'bin', `${bin}.js`);
  return { name: command, file: process.execPath, args: [file, ...args], env: user.world.env, cwd };
}

/** Every command of `user`, whose agent runs, and the other tools; each beside a bare Node. */
async function warmRows(user: User, others: readonly Program[], runs: number): Promise<Row[]> {
  const ours = GOALS.map(({ command }) => program(user, command));
  const timing = await timeInTurns([measure(user), ...ours, ...others], runs);
  const base = timing(MEASURE);
  const besideNode = (what: string, goal?: number): Row =>
    compare({ what, timing: timing(what), base, showBase: false, ...(goal === undefined ? {} : { goal }) });
  return [
    besideNode(MEASURE),
    ...GOALS.map(({ command, goal }) => besideNode(command, goal)),
    ...others.map(({ name }) => besideNode(name)),
    ...others.filter(({ name }) => name.startsWith('gh ')).map(({ name }) => toOtherTool('beamd token', name, timing)),
  ];
}

export function toOtherTool(ours: string, theirs: string, timing: (name: string) => Timing, goal = 1): Row {
  return compare({ what: `${ours} to ${theirs}`, timing: timing(ours), base: timing(theirs), goal });
}

/** The first call of a user whose agent is stopped before each. */
async function firstCallRow(user: User, runs: number): Promise<Row> {
  const first = { ...program(user, FIRST.command), before: () => stopAgent(user) };
  const timing = await timeInTurns([measure(user), first], runs);
  const times = { timing: timing(FIRST.command), base: timing(MEASURE) };
  return compare({ what: FIRST.command, ...times, goal: FIRST.goal, wholeCpu: false, showBase: false });
}

/** Every row of a command; `cold` is the user whose agent is stopped again and again. */
export async function commandRows(user: User, cold: User, others: readonly Program[], runs: number): Promise<Row[]> {
  return [...(await warmRows(user, others, runs)), await firstCallRow(cold, Math.ceil(runs / 2))];
}
