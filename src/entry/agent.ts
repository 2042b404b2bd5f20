/** The agent's process: `agent.cjs <account key>`. It is given no key: what it leaves to a worker needs none of a command. */
import { writeSync } from 'node:fs';
import { runDaemon } from '../agent/server/daemon.ts';
import { surroundingsOf } from '../agent/protocol/surroundings.ts';
import { ownPrograms } from '../programs.ts';
import { spawnWorker } from '../agent/worker/spawn-worker.ts';
import { system } from '../platform/system.ts';
import { underDebugger } from '../cli/terminal/debugger.ts';
import { systemClock } from '../clock.ts';
import { resolveHomes, userHome } from '../store/paths.ts';

/** Seconds: twelve hours. */
const IDLE = 12 * 60 * 60;

system.limits.leaveCoreDumpsEmpty();
system.descriptors.closeInherited();
system.files.umask(0o077);
// Node opens a debugger port on this signal, which every local user can reach.
process.on('SIGUSR1', () => undefined);
process.on('SIGHUP', () => undefined);
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    stop.abort();
  });

/** One line always fits, and if it does not go out, nobody waits any more. */
function sayReady(): void {
  try {
    writeSync(1, 'ready\n');
  } catch {
    // The command that started us has gone.
  }
}

async function main(account: string): Promise<number> {
  if (underDebugger()) return 1;
  const { env } = process;
  const idle = Number(env['BEAMD_AGENT_IDLE']);
  const homes = resolveHomes(env, userHome());
  await runDaemon({
    account,
    homes,
    clock: systemClock,
    run: spawnWorker({ account, keys: {}, env, programs: ownPrograms() }),
    surroundings: surroundingsOf(env, homes),
    idle: idle > 0 ? idle : IDLE,
    onReady: sayReady,
    signal: stop.signal,
  });
  return 0;
}

/** How long clients that do not close are waited for after the last answer, milliseconds. */
const LINGER = 500;

main(process.argv[2] ?? '').then(
  (code) => {
    process.exitCode = code;
    setTimeout(() => process.exit(code), LINGER).unref();
  },
  () => process.exit(1),
);
