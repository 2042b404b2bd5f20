/** `npm run bench`: how fast the built programs are, beside a bare Node and beside others that do the like. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startBeamAuthEdge, type BeamAuthEdge } from '../sandbox/testing.ts';
import { idleRows, loadRows } from './agent-figures.ts';
import { budgetRows, commandRows } from './commands.ts';
import { allGrowthRows } from './growth.ts';
import { startNeighbours } from './other-tools.ts';
import { parseOptions, type Options } from './options.ts';
import { sizeRows } from './size.ts';
import { renderTable, type Row } from './table.ts';
import { createUser, type User } from './user.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const progress = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

function load(): string {
  return loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
}

function machine(): string {
  const all = cpus();
  return `${all[0]?.model ?? 'unknown processor'}, ${all.length} cores, Node ${process.version}, ${process.platform}-${process.arch}`;
}

async function measureAll(edge: BeamAuthEdge, user: User, { runs, idle }: Options): Promise<Row[]> {
  const [cold, quiet] = [await createUser(edge), await createUser(edge)];
  const neighbours = await startNeighbours(user);
  try {
    progress('commands');
    const idling = idleRows(quiet, idle);
    const commands = await commandRows(user, cold, neighbours.programs, runs);
    progress('an idle agent');
    const idled = await idling;
    progress('many calls');
    const loaded = await loadRows(user);
    progress('growth');
    const grown = await allGrowthRows(edge, user, Math.ceil(runs / 2));
    progress('size');
    return [...commands, ...loaded, ...idled, ...grown, ...sizeRows()];
  } finally {
    neighbours.close();
    await Promise.all([cold.world.close(), quiet.world.close()]);
  }
}

async function measureBudget(edge: BeamAuthEdge, user: User, { runs }: Options): Promise<Row[]> {
  const cold = await createUser(edge);
  try {
    return await budgetRows(user, cold, runs);
  } finally {
    await cold.world.close();
  }
}

async function bench(options: Options): Promise<boolean> {
  const before = load();
  const edge = await startBeamAuthEdge({ expiresIn: 24 * 3_600 });
  const user = await createUser(edge);
  try {
    const rows = options.budget ? await measureBudget(edge, user, options) : await measureAll(edge, user, options);
    say(`${machine()}\nload average ${before} at the start, ${load()} at the end; medians of ${options.runs} runs in turns\n`);
    say(renderTable(rows));
    const broken = rows.filter((row) => row.broken === true);
    if (options.budget)
      say(broken.length === 0 ? '\nwithin the budget' : `\nover the budget: ${broken.map(({ what }) => what).join(', ')}`);
    return broken.length === 0 || !options.budget;
  } finally {
    await user.world.close();
    await edge.close();
  }
}

/** The same with another Node, in a process of that Node. */
function repeatWith(node: string, { runs, idle, budget }: Options): boolean {
  const args = ['--runs', String(runs), '--idle', String(idle), ...(budget ? ['--budget'] : [])];
  return spawnSync(node, [fileURLToPath(import.meta.url), ...args], { stdio: 'inherit' }).status === 0;
}

const options = parseOptions(process.argv.slice(2));
const own = await bench(options);
if (options.node !== undefined) say('');
const other = options.node === undefined || repeatWith(options.node, options);
process.exitCode = own && other ? 0 : 1;
