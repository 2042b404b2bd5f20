/** The executable for this machine beside a bare Node, as `npm run build:standalone` has left it in release/. */
import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { allNames, PACKAGE_ROOT, type BeamAuthEdge } from '../sandbox/testing.ts';
import { writeText } from '../test/support/files.ts';
import { hostName } from '../scripts/standalone.ts';
import { measure, MEASURE, toOtherTool, type Goal } from './commands.ts';
import { startOtherTools } from './other-tools.ts';
import { memoryOf } from './proc.ts';
import { compare, type Row } from './table.ts';
import { timeInTurns, type Program } from './time.ts';
import { createUser, stopAgent, type User } from './user.ts';

const GOALS: readonly Goal[] = [
  { command: 'beamd token', goal: 0.55 },
  ...['whoami', 'orgs', 'default', 'status'].map((name) => ({ command: `beamd ${name}`, goal: 0.7 })),
  { command: 'runbeam harmony:list', goal: 0.7 },
  { command: 'beamd --help', goal: 1.1 },
  { command: 'runbeam --help', goal: 1.1 },
];

const FIRST: Goal = { command: 'beamd token, agent not running', goal: 3 };
/** Beside the same without that file of certificates. */
const WITH_CA: readonly Goal[] = ['beamd token', 'beamd whoami'].map((command) => ({ command, goal: 1.1 }));
/** Times `gh auth token`. */
const TO_GH = 0.3;
/** Megabytes. */
const [RSS, PSS] = [60, 25];
const AGENTS = 4;

const named = (command: string): string => `executable: ${command}`;

function program(user: User, folder: string, command: string): Program {
  const [bin = '', ...args] = command.split(',', 1)[0]?.split(' ') ?? [];
  return { name: named(command), file: join(folder, bin), args, env: user.world.env, cwd: user.world.work };
}

/** A user whose agent is one of the executable. */
async function createExecutableUser(edge: BeamAuthEdge, folder: string): Promise<User> {
  const user = await createUser(edge);
  await stopAgent(user);
  execFileSync(join(folder, 'beamd'), ['token'], { env: user.world.env, cwd: user.world.work });
  return user;
}

async function warmRows(user: User, folder: string, runs: number): Promise<Row[]> {
  const others = await startOtherTools(user);
  try {
    const gh = others.programs.filter(({ name }) => name.startsWith('gh '));
    const timing = await timeInTurns([measure(user), ...GOALS.map(({ command }) => program(user, folder, command)), ...gh], runs);
    const base = timing(MEASURE);
    return [
      ...GOALS.map(({ command, goal }) =>
        compare({ what: named(command), timing: timing(named(command)), base, goal, showBase: false }),
      ),
      ...gh.map(({ name }) => toOtherTool(named('beamd token'), name, timing, TO_GH)),
    ];
  } finally {
    others.close();
  }
}

/** As behind a proxy that has a CA of its own. */
async function certificateRows(user: User, folder: string, runs: number): Promise<Row[]> {
  const NODE_EXTRA_CA_CERTS = writeText(user.world, 'ca.pem', rootCertificates.join('\n'));
  const pairs = WITH_CA.map(({ command, goal }) => {
    const plain = program(user, folder, command);
    const name = `${plain.name}, NODE_EXTRA_CA_CERTS set`;
    return { plain, goal, set: { ...plain, name, env: { ...plain.env, NODE_EXTRA_CA_CERTS } } };
  });
  const timing = await timeInTurns([measure(user), ...pairs.flatMap(({ plain, set }) => [plain, set])], runs);
  return pairs.map(({ plain, set, goal }) =>
    compare({ what: set.name, timing: timing(set.name), base: timing(plain.name), goal }),
  );
}

async function firstCallRow(user: User, folder: string, runs: number): Promise<Row> {
  const first = { ...program(user, folder, FIRST.command), before: () => stopAgent(user) };
  const timing = await timeInTurns([measure(user), first], runs);
  const times = { timing: timing(first.name), base: timing(MEASURE) };
  return compare({ what: first.name, ...times, goal: FIRST.goal, wholeCpu: false, showBase: false });
}

/** Four agents, of a user each. */
function memoryRows(users: readonly User[]): Row[] {
  const pids = users.flatMap(({ world }) => world.agents().map(({ pid }) => pid));
  if (process.platform !== 'linux' || pids.length !== AGENTS) throw new Error(`there are ${pids.length} agents to look at`);
  const all = pids.map(memoryOf);
  const row = (what: string, field: 'rss' | 'pss', goal: number): Row => {
    const most = Math.max(...all.map((one) => one[field])) / 1024;
    return { what: named(what), goal: `<= ${goal} MB`, measured: `${most.toFixed(1)} MB`, ok: most <= goal };
  };
  return [row('idle agent, RSS', 'rss', RSS), row(`each of ${AGENTS} idle agents, PSS`, 'pss', PSS)];
}

function sizeRow(file: string): Row {
  return { what: named('its size'), goal: '', measured: `${(statSync(file).size / 1e6).toFixed(0)} MB` };
}

/** Every row of the executable. Throws if there is none. */
export async function standaloneRows(edge: BeamAuthEdge, runs: number): Promise<Row[]> {
  const file = join(PACKAGE_ROOT, 'release', `beamd-${hostName()}`);
  if (!existsSync(file)) throw new Error('There is no executable for this machine: npm run build:standalone');
  const folder = allNames(file, join(PACKAGE_ROOT, '.build'));
  const users: User[] = [];
  try {
    while (users.length < AGENTS) users.push(await createExecutableUser(edge, folder));
    const [user] = users;
    if (user === undefined) throw new Error('there is no user');
    const memory = memoryRows(users);
    const timed = [...(await warmRows(user, folder, runs)), ...(await certificateRows(user, folder, runs))];
    return [...timed, await firstCallRow(user, folder, Math.ceil(runs / 2)), ...memory, sizeRow(file)];
  } finally {
    for (const { world } of users) await world.close();
  }
}
