/** The life of an agent's process: from listening alone to the last answer. */
import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { system, type Sockets } from '../../platform/system.ts';
import { VERSION } from '../../programs.ts';
import { ensurePrivateFolder } from '../../store/files/permissions.ts';
import { sweepTemporary } from '../../store/files/temporary.ts';
import { accountFile, agentLog, agentsFolder, type Homes } from '../../store/paths.ts';
import { callsOver } from '../protocol/calls.ts';
import { agentSocket, settleSocket } from '../protocol/socket-path.ts';
import type { Surroundings } from '../protocol/surroundings.ts';
import { JOBS } from '../protocol/wire.ts';
import type { RunJob } from '../worker/spawn-worker.ts';
import { accountStamp } from '../../store/accounts/account-stamp.ts';
import { LastUse } from '../../store/accounts/last-use.ts';
import type { LockReason } from './guard/auto-lock.ts';
import { recordAgent } from './agent-record.ts';
import { Activity } from './activity.ts';
import { noteRefreshes, openLog } from './log.ts';
import { Renewals } from './renewals.ts';
import { answerCalls, createAgent, currentNetwork, type Answer } from './session-agent.ts';
import { listenAlone } from './single-instance.ts';
import { Traffic } from './traffic.ts';

/** How often the agent looks at the wall clock, milliseconds. A longer timer would sleep through a suspend. */
const TICK = 30_000;

export interface DaemonDeps {
  readonly account: string;
  readonly homes: Homes;
  readonly clock: Clock;
  /** Has a job done. */
  readonly run: RunJob;
  readonly surroundings: Surroundings;
  /** Seconds without a request after which the agent ends. */
  readonly idle: number;
  /** How often it looks at the wall clock and around, milliseconds. Default: every half minute. */
  readonly tick?: number;
  /** Where it listens. Default: as this system has it. */
  readonly sockets?: Sockets;
  /** Called once it listens. */
  readonly onReady: () => void;
  /** Aborting it ends the agent once the calls under way are answered. */
  readonly signal: AbortSignal;
}

/**
 * Runs the agent of one account until it is stopped, idle, or its account is gone. Resolves to false at once if another
 * agent serves the account. The caller has set umask 077.
 */
export async function runDaemon(deps: DaemonDeps): Promise<boolean> {
  const { account, homes, clock } = deps;
  const path = await settleSocket(homes, account, deps.sockets);
  readyFolders(new Set([agentsFolder(homes), path.folder]), clock);
  const log = openLog(agentLog(homes, account), clock);
  const lifetime = new AbortController();
  const end = (): void => {
    lifetime.abort();
  };
  const run = endingWhenOutdated(deps.run, () => {
    log.write('outdated', { version: VERSION });
    end();
  });
  const activity = new Activity();
  const lastUse = new LastUse(homes, account, clock, 'kept');
  const work = noteRefreshes(callsOver(JOBS, run), log, activity, clock);
  const { surroundings } = deps;
  const onLock = (reason: LockReason): void => log.write('locked', { reason });
  const shared = { account, file: accountFile(homes, account), clock, work, activity, lastUse, surroundings };
  const agent = createAgent({ ...shared, random: Math.random, network: currentNetwork, onStop: end, onLock });
  const renewals = new Renewals({ homes, clock, work, agent, log, random: Math.random });
  const tick = (): Promise<void> => agent.tick().then(() => renewals.tick());
  const own: { place?: string | undefined } = {};
  const look = async (): Promise<boolean> => {
    const reason = await reasonToEnd(deps, own.place, { traffic, isNeeded: () => renewals.pending || agent.locksItself() });
    if (reason === undefined) return true;
    if (!lifetime.signal.aborted) log.write(reason);
    end();
    return false;
  };
  const traffic = new Traffic(lookingWhenMissing(answerCalls(agent, run), look), clock, log, activity);
  const server = createServer((socket) => {
    traffic.serve(socket);
  });
  if (!(await listenAlone(server, path, clock))) return false;
  own.place = await placeOf(deps);
  // A command waits for this, and for no more.
  deps.onReady();
  recordAgent(path);
  deps.signal.addEventListener('abort', end, { once: true });
  log.write('started', { pid: process.pid, version: VERSION });
  // Read the session now, so that the first call finds it there; what is wrong with it, that call will tell.
  void tick();
  const timer = setInterval(() => {
    log.catchUp();
    lastUse.saveIfOld();
    traffic.logRefused();
    void look().then((stays) => (stays ? tick() : undefined));
  }, deps.tick ?? TICK);
  if (!lifetime.signal.aborted) await once(lifetime.signal, 'abort');
  clearInterval(timer);
  await traffic.drain(server);
  traffic.logRefused();
  if (accountStamp(accountFile(homes, account)) !== undefined) lastUse.save();
  log.write('stopped', { pid: process.pid });
  return true;
}

/** Makes what is not there, and clears away what killed agents were writing. */
function readyFolders(folders: ReadonlySet<string>, clock: Clock): void {
  for (const folder of folders) ensurePrivateFolder(folder);
  for (const folder of folders) sweepTemporary(folder, clock.now());
}

/** An agent that does not find its account sees at once whether that is gone, or it is itself in the wrong place. */
function lookingWhenMissing(answer: Answer, look: () => Promise<boolean>): Answer {
  return async (method, ...asked) => {
    try {
      return await answer(method, ...asked);
    } catch (error) {
      if (error instanceof BeamError && error.code === 'login_required') void look();
      throw error;
    }
  };
}

/** An agent whose program was replaced can have nothing done any more: it ends, and its clients do without it or start another. */
function endingWhenOutdated(run: RunJob, end: () => void): RunJob {
  return async (job, ...asked) => {
    try {
      return await run(job, ...asked);
    } catch (error) {
      if (error instanceof BeamError && error.code === 'agent_outdated') end();
      throw error;
    }
  };
}

/** An agent is of its account, its home and its socket: when clients do not come to it any more, it ends. */
async function reasonToEnd(
  deps: DaemonDeps,
  place: string | undefined,
  { traffic, isNeeded }: { readonly traffic: Traffic; readonly isNeeded: () => boolean },
): Promise<'idle' | 'account gone' | 'lost its place' | undefined> {
  const { account, homes, idle } = deps;
  if (traffic.idleFor() > idle && !isNeeded()) return 'idle';
  if (accountStamp(accountFile(homes, account)) === undefined) return 'account gone';
  return (await placeOf(deps)) === place ? undefined : 'lost its place';
}

/** Names the socket that clients of the account come to: where it is, and which one. */
async function placeOf({ homes, account, sockets = system.sockets }: DaemonDeps): Promise<string | undefined> {
  try {
    const { socket, pipe } = await agentSocket(homes, account, sockets);
    // Nobody can take a pipe away from its process, nor look at it without connecting to it.
    if (pipe === true) return socket;
    const { dev, ino } = lstatSync(socket, { bigint: true });
    return `${String(dev)}:${String(ino)} ${socket}`;
  } catch {
    return undefined;
  }
}
