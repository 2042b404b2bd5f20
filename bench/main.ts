/** `npm run bench`: how fast the built programs are, beside a bare Node and beside others that do the like. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startBeamAuthEdge, type BeamAuthEdge } from '../sandbox/testing.ts';
import { idleRows, loadRows } from './agent-figures.ts';
import { commandRows } from './commands.ts';
import { allGrowthRows } from './growth.ts';
import { httpRows } from './http-socket.ts';
import { parseOptions, type Options } from './options.ts';
import { startOtherTools } from './other-tools.ts';
import { sizeRows } from './size.ts';
import { standaloneRows } from './standalone.ts';
import { renderColumns, renderMarkdown, type Row } from './table.ts';
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

/** What is timed from the start of a process to its end. */
async function timedRows(edge: BeamAuthEdge, user: User, runs: number): Promise<Row[]> {
  const cold = await createUser(edge);
  const others = await startOtherTools(user);
  for (const name of others.absent) progress(`${name} is not installed, so it is not compared with`);
  try {
    progress('commands');
    const commands = await commandRows(user, cold, others.programs, runs);
    progress('curl');
    const curl = await httpRows(user, runs);
    progress('growth');
    return [...commands, ...curl, ...(await allGrowthRows(edge, user, Math.ceil(runs / 2)))];
  } finally {
    others.close();
    await cold.world.close();
  }
}

/** What a running agent does, and what an installation takes. */
async function standingRows(edge: BeamAuthEdge, user: User, idle: number): Promise<Row[]> {
  const quiet = await createUser(edge);
  try {
    progress('many calls');
    const loaded = await loadRows(user);
    progress('an idle agent');
    const idled = await idleRows(quiet, idle);
    progress('size');
    return [...loaded, ...idled, ...sizeRows()];
  } finally {
    await quiet.world.close();
  }
}

async function bench({ runs, idle, budget, markdown, standalone }: Options): Promise<boolean> {
  const before = load();
  const edge = await startBeamAuthEdge({ expiresIn: 24 * 3_600 });
  const user = await createUser(edge);
  try {
    const rows = [
      ...(await timedRows(edge, user, runs)),
      ...(budget ? [] : await standingRows(edge, user, idle)),
      ...(standalone ? await standaloneRows(edge, runs) : []),
    ];
    const day = new Date().toISOString().slice(0, 10);
    say(`${day}, ${machine()};\nload average ${before} at the start, ${load()} at the end; medians of ${runs} runs in turns\n`);
    say(markdown ? renderMarkdown(rows) : renderColumns(rows));
    return !budget || withinBudget(rows);
  } finally {
    await user.world.close();
    await edge.close();
  }
}

function withinBudget(rows: readonly Row[]): boolean {
  const broken = rows.filter((row) => row.broken === true);
  say(broken.length === 0 ? '\nwithin the budget' : `\nover the budget: ${broken.map(({ what }) => what).join('; ')}`);
  return broken.length === 0;
}

/** The same with another Node, in a process of that Node. */
function repeatWith(node: string, { runs, idle, budget, markdown }: Options): boolean {
  const switches = [...(budget ? ['--budget'] : []), ...(markdown ? ['--markdown'] : [])];
  const args = [fileURLToPath(import.meta.url), '--runs', String(runs), '--idle', String(idle), ...switches];
  return spawnSync(node, args, { stdio: 'inherit' }).status === 0;
}

const options = parseOptions(process.argv.slice(2));
const own = await bench(options);
if (options.node !== undefined) say('');
const other = options.node === undefined || repeatWith(options.node, options);
process.exitCode = own && other ? 0 : 1;
