/**
 * A worker's process: one order as JSON on standard input, one answer on standard output. It finishes what it began
 * whoever dies meanwhile: a refresh token that was spent must be stored.
 */
import { url as inspectorUrl } from 'node:inspector';
import { homedir } from 'node:os';
import { runOrder } from '../agent/run-order.ts';
import { readAll } from '../agent/read-keys.ts';
import { resolveHomes } from '../store/paths.ts';

/** No order takes longer; then the lock must be free for the next, milliseconds. */
const DEADLINE = 120_000;

process.umask(0o077);
// Whoever speaks to a debugger could read the refresh token.
if (inspectorUrl() !== undefined) process.exit(1);
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGUSR1'] as const) process.on(signal, () => undefined);
// Nobody may be left to read the answer.
process.stdout.on('error', () => undefined);
setTimeout(() => process.exit(1), DEADLINE).unref();

async function main(): Promise<void> {
  const { env } = process;
  const line = await readAll(process.stdin, 64 * 1024);
  const answer = await runOrder(line, env, resolveHomes(env, homedir()));
  process.stdout.end(`${JSON.stringify(answer)}\n`);
}

main().catch(() => process.exit(1));
