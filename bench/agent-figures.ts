/** What one agent does for many calls, and what it costs while nobody calls. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientsAtOnce } from '../test/support/many-clients.ts';
import { memoryOf, processorTime, type Memory } from './proc.ts';
import { milliseconds, type Row } from './table.ts';
import { median } from './time.ts';
import { connect, type User } from './user.ts';

const CALLS = 20_000;
/** Calls under way at a time when it is counted how many are answered. */
const IN_FLIGHT = 100;
const CLIENTS = 1_000;
/** Repetitions of what is short. */
const REPEATS = 5;

const HOUR = 3_600;

/** One call after the other. Resolves to each one's milliseconds. */
async function callsInTurn(user: User, count: number): Promise<number[]> {
  const agent = await connect(user);
  const durations: number[] = [];
  for (let call = 0; call < count; call += 1) {
    const begun = performance.now();
    await agent.token({});
    durations.push(performance.now() - begun);
  }
  agent.close();
  return durations;
}

/** Calls answered in a second, over one connection. */
async function callsPerSecond(user: User, count: number): Promise<number> {
  const agent = await connect(user);
  let left = count;
  const caller = async (): Promise<void> => {
    while (left-- > 0) await agent.token({});
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  const seconds = (performance.now() - begun) / 1000;
  agent.close();
  return count / seconds;
}

/** The value that `share` (0 to 1) of the values do not exceed. */
function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? NaN;
}

async function repeat<T>(work: () => Promise<T>): Promise<T[]> {
  await work();
  const results: T[] = [];
  for (let round = 0; round < REPEATS; round += 1) results.push(await work());
  return results;
}

export async function loadRows(user: User): Promise<Row[]> {
  const p50 = median((await repeat(() => callsInTurn(user, CALLS / 10))).map((durations) => median(durations)));
  const rate = median(await repeat(() => callsPerSecond(user, CALLS)));
  const rounds = await repeat(() => clientsAtOnce(user.socket, CLIENTS));
  const p99 = median(rounds.map(({ durations }) => quantile(durations, 0.99)));
  const errors = rounds.reduce((sum, round) => sum + round.errors, 0);
  return [
    { what: 'token over an open connection, p50', goal: '< 0.2 ms', measured: `${p50.toFixed(3)} ms`, ok: p50 < 0.2 },
    {
      what: 'tokens a second, one client process',
      goal: '>= 20,000',
      measured: Math.round(rate).toLocaleString('en'),
      ok: rate >= 20_000,
    },
    {
      what: '1,000 clients at once, p99',
      goal: '< 100 ms, 0 errors',
      measured: `${milliseconds(p99)}, ${errors} errors`,
      ok: p99 < 100 && errors === 0,
    },
  ];
}

/** A process of this Node with nothing but a server on a Unix socket. */
async function bareServer(user: User): Promise<{ readonly pid: number; close(): void }> {
  const program = "require('node:net').createServer().listen(process.argv[1], () => console.log('ready'))";
  const child = spawn(process.execPath, ['-e', program, join(user.world.root, 'bare.sock')], {
    env: user.world.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return { pid: child.pid ?? NaN, close: () => void child.kill() };
}

/** Watches the agent of a user nobody calls, beside a bare server. Linux only: elsewhere there is no /proc. */
export async function idleRows(user: User, seconds: number): Promise<Row[]> {
  if (process.platform !== 'linux') return [];
  const agent = await connect(user);
  const { pid } = agent.info;
  agent.close();
  const bare = await bareServer(user);
  try {
    const before = processorTime(pid);
    await sleep(seconds * 1000);
    const hourly = ((processorTime(pid) - before) / 1000) * (HOUR / seconds);
    return [...memoryRows(memoryOf(pid), memoryOf(bare.pid)), cpuRow(hourly, seconds)];
  } finally {
    bare.close();
  }
}

const megabytes = (kilobytes: number): string => (kilobytes / 1024).toFixed(1);

function memoryRows(agent: Memory, bare: Memory): Row[] {
  const row = (what: string, field: keyof Memory): Row => ({
    what,
    goal: field === 'rss' ? '<= 1.25 x' : '',
    measured: `${megabytes(agent[field])} MB, bare ${megabytes(bare[field])} MB`,
    ratio: agent[field] / bare[field],
    ...(field === 'rss' ? { ok: agent.rss <= bare.rss * 1.25 } : {}),
  });
  return [row('idle agent, RSS', 'rss'), row('idle agent, PSS', 'pss')];
}

function cpuRow(hourly: number, seconds: number): Row {
  const measured = `${hourly.toFixed(2)} s, from ${seconds} s`;
  return { what: 'idle agent, CPU in an hour', goal: '< 0.5 s', measured, ok: hourly < 0.5 };
}
