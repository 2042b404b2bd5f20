/**
 * A worker's process: one job as JSON on standard input, one answer on standard output. It finishes what it began
 * whoever dies meanwhile: a refresh token that was spent must be stored.
 */
import { closeSync, writeSync } from 'node:fs';
import { runJob } from '../agent/worker/run-job.ts';
import { readInput } from '../agent/worker/read-input.ts';
import { system } from '../platform/system.ts';
import { underDebugger } from '../cli/terminal/debugger.ts';
import { systemClock } from '../clock.ts';
import { resolveHomes, userHome } from '../store/paths.ts';

/** No job takes longer, but for a refresh whose token was sent; then the lock must be free for the next, milliseconds. */
const DEADLINE = 120_000;

/** Bytes that every pipe holds, however slowly it is emptied. */
const AT_ONCE = 4_096;

system.limits.leaveCoreDumpsEmpty();
system.descriptors.closeInherited();
system.files.umask(0o077);
// Whoever speaks to a debugger could read the refresh token.
if (underDebugger()) process.exit(1);
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR1'] as const) process.on(signal, () => undefined);

/** What a server answers to a refresh is nowhere else: it is waited for, and stored, however long either takes. */
let spending = false;
// A process that was frozen finds its deadline over and the answer unread; it gets a turn of the loop to read it.
setTimeout(() => setImmediate(() => spending || process.exit(1)), DEADLINE).unref();

async function main(): Promise<void> {
  const { env } = process;
  const line = await readInput(() => process.stdin, 64 * 1024);
  const onSpend = (): void => void (spending = true);
  say(await runJob(line, { env, homes: resolveHomes(env, userHome()), clock: systemClock, onSpend }));
}

/** Written at once if it fits into any pipe, as nearly every answer does: Node's stream takes as long as a decryption. */
function say(line: string): void {
  try {
    if (Buffer.byteLength(line) > AT_ONCE) throw new Error('too much');
    writeSync(1, line);
    // The agent waits for the end, and this process takes a moment to go.
    closeSync(1);
  } catch {
    // Nobody may be left to read the answer.
    process.stdout.on('error', () => undefined);
    process.stdout.end(line);
  }
}

main().catch(() => process.exit(1));
