/** The agent's process: `agent.cjs <account key> [3]`, keys as JSON on standard input, a worker's answer at descriptor 3. */
import { homedir } from 'node:os';
import { Socket } from 'node:net';
import { url as inspectorUrl } from 'node:inspector';
import { runDaemon } from '../agent/daemon.ts';
import { HANDED } from '../agent/handed.ts';
import { withHandedLoad } from '../agent/handed-load.ts';
import { readAll, readKeys } from '../agent/read-keys.ts';
import { bundledPrograms } from '../programs.ts';
import { MAX_ANSWER, spawnWork } from '../agent/spawn-work.ts';
import { writeAtOnce } from '../cli/write-at-once.ts';
import { systemClock } from '../clock.ts';
import { accountFile, resolveHomes } from '../store/paths.ts';

/** Seconds: twelve hours. */
const IDLE = 12 * 60 * 60;

process.umask(0o077);
// Node opens a debugger port on this signal, which every local user can reach.
process.on('SIGUSR1', () => undefined);
process.on('SIGHUP', () => undefined);
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => { stop.abort(); });

function readHanded(): Promise<string> {
  return readAll(new Socket({ fd: Number(HANDED), writable: false }), MAX_ANSWER);
}

async function main(account: string, handed: string | undefined): Promise<number> {
  if (inspectorUrl() !== undefined) return 1;
  const keys = await readKeys(() => process.stdin);
  const { env } = process;
  const homes = resolveHomes(env, homedir());
  const work = spawnWork({ account, keys, env, programs: bundledPrograms() });
  const idle = Number(env['BEAMD_AGENT_IDLE']);
  await runDaemon({
    account,
    homes,
    clock: systemClock,
    work: handed === HANDED ? withHandedLoad(work, { file: accountFile(homes, account), answer: readHanded }) : work,
    idle: idle > 0 ? idle : IDLE,
    // One line always fits, and if it does not go out, nobody waits any more.
    onReady: () => void writeAtOnce(Buffer.from('ready\n')),
    signal: stop.signal,
  });
  return 0;
}

/** How long clients that do not close are waited for after the last answer, milliseconds. */
const LINGER = 500;

main(process.argv[2] ?? '', process.argv[3]).then(
  (code) => {
    process.exitCode = code;
    setTimeout(() => process.exit(code), LINGER).unref();
  },
  () => process.exit(1),
);
