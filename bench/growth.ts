/** The same commands with much in the home folder, and far below the project's file. */
import { startHarmony, type BeamAuthEdge } from '../sandbox/testing.ts';
import { succeeded } from '../test/support/login.ts';
import { measure, program } from './commands.ts';
import { compare, type Row } from './table.ts';
import { timeInTurns } from './time.ts';
import { addAccounts, addGateways, createUser, deepFolder, type User } from './user.ts';

const ACCOUNTS = 1_000;
const GATEWAYS = 10_000;
const DEPTH = 60;

const EVERYDAY = ['beamd token', 'beamd whoami', 'beamd orgs', 'beamd default', 'beamd status'];

/** The label of the gateway that runs. */
const RUNNING = 'running';

interface Growth {
  readonly what: string;
  readonly commands: readonly string[];
  /** Times the same command of a user who has little. */
  readonly goal: number;
  readonly user: User;
  readonly cwd?: string;
}

async function growthRows(small: User, { what, commands, goal, user, cwd }: Growth, runs: number): Promise<Row[]> {
  const name = (command: string): string => `${command}, ${what}`;
  const programs = commands.flatMap((command) => [
    program(small, command),
    { ...program(user, command, cwd), name: name(command) },
  ]);
  const timing = await timeInTurns([measure(small), ...programs], runs);
  return commands.map((command) => compare({ what: name(command), timing: timing(name(command)), base: timing(command), goal }));
}

/** `small` is a user who has little; the one who has much is made here. */
export async function allGrowthRows(edge: BeamAuthEdge, small: User, runs: number): Promise<Row[]> {
  const [large, harmony] = [await createUser(edge), await startHarmony()];
  try {
    addAccounts(large, ACCOUNTS);
    addGateways(large, GATEWAYS);
    for (const { world } of [small, large]) {
      succeeded(await world.runbeam('harmony:add', '-i', '127.0.0.1', '-p', String(harmony.port), '-l', RUNNING));
    }
    const growths: Growth[] = [
      { what: '1,000 accounts', commands: EVERYDAY, goal: 1.3, user: large },
      { what: '.beamd 60 folders up', commands: EVERYDAY, goal: 1.3, user: small, cwd: deepFolder(small, DEPTH) },
      { what: '10,000 gateways', commands: ['runbeam harmony:list'], goal: 3.5, user: large },
      { what: 'one of 10,000 gateways', commands: [`runbeam harmony:info -l ${RUNNING}`], goal: 1.5, user: large },
    ];
    const rows: Row[] = [];
    for (const growth of growths) rows.push(...(await growthRows(small, growth, runs)));
    return rows;
  } finally {
    await large.world.close();
    await harmony.close();
  }
}
