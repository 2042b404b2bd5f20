/** Times programs from the start to the end of their process, in turns, so that a busy moment meets all of them alike. */
import { spawn } from 'node:child_process';
import { childrenTime } from './proc.ts';

export interface Program {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** All of standard input. Default: none. */
  readonly input?: string;
  /** Untimed, before each run. */
  readonly before?: () => Promise<void>;
}

export interface Timing {
  /** Median milliseconds from start to end. */
  readonly wall: number;
  /** Mean milliseconds of processor time; without that of the processes it leaves running. */
  readonly cpu: number;
}

/** The middle one, or the mean of the middle two. NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
}

/** Milliseconds after which a run counts as hanging. */
const DEADLINE = 60_000;

interface Run {
  readonly wall: number;
  readonly cpu: number;
}

/** Throws for a program that fails or prints nothing it should print. */
function runOnce(program: Program, silent: boolean): Promise<Run> {
  return new Promise((resolve, reject) => {
    const { file, args, env, cwd, input = '' } = program;
    const cpu = childrenTime();
    const begun = performance.now();
    const child = spawn(file, args, { env, cwd, stdio: ['pipe', 'pipe', 'pipe'], timeout: DEADLINE });
    let wall = NaN;
    let printed = '';
    child.once('exit', () => {
      wall = performance.now() - begun;
    });
    child.stdout.on('data', (data: Buffer) => (printed += data.toString()));
    child.stderr.on('data', (data: Buffer) => (printed += data.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0 && (silent || printed !== '')) resolve({ wall, cpu: childrenTime() - cpu });
      else reject(new Error(`${program.name} ended with ${code ?? signal}: ${printed.slice(0, 400)}`));
    });
  });
}

/**
 * Runs every program `rounds` times in turns, after one round that does not count. The first program is the measure of
 * the others and runs twice as often as they do. Resolves to what gives the timing of each by its name.
 */
export async function timeInTurns(programs: readonly Program[], rounds: number): Promise<(name: string) => Timing> {
  const [measure] = programs;
  const runs = new Map<string, Run[]>(programs.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    const order = round % 2 === 0 ? programs : programs.toReversed();
    for (const program of measure === undefined ? order : [...order, measure]) {
      await program.before?.();
      const run = await runOnce(program, program === measure);
      if (round > 0) runs.get(program.name)?.push(run);
    }
  }
  return (name) => summary(runs.get(name) ?? []);
}

function summary(runs: readonly Run[]): Timing {
  return { wall: median(runs.map(({ wall }) => wall)), cpu: runs.reduce((sum, { cpu }) => sum + cpu, 0) / runs.length };
}
