/** The life of an agent's process: from listening alone to the last answer. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { VERSION } from '../../programs.ts';
import { ensurePrivateFolder } from '../../store/files/permissions.ts';
import { accountFile, accountsFolder, agentLog, agentsFolder } from '../../store/paths.ts';
import type { Homes } from '../../store/paths.ts';
import { callsOver } from '../protocol/calls.ts';
import { agentSocket } from '../protocol/socket-path.ts';
import { JOBS } from '../protocol/wire.ts';
import type { RunJob } from '../worker/spawn-worker.ts';
import { fileIdentity } from '../../store/files/file-identity.ts';
import { recordAgent } from './agent-record.ts';
import { logRefreshes, openLog } from './log.ts';
import { answerCalls, createAgent, currentNetwork } from './session-agent.ts';
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
  /** Seconds without a request after which the agent ends. */
  readonly idle: number;
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
  const path = await agentSocket(homes, account);
  ensurePrivateFolder(agentsFolder(homes));
  if (path.folder !== agentsFolder(homes)) ensurePrivateFolder(path.folder);
  const log = openLog(agentLog(homes, account), clock);
  const lifetime = new AbortController();
  const end = (): void => {
    lifetime.abort();
  };
  const run = endingWhenOutdated(deps.run, () => {
    log.write('outdated', { version: VERSION });
    end();
  });
  const agent = createAgent({
    account,
    file: accountFile(homes, account),
    clock,
    work: logRefreshes(callsOver(JOBS, run), log),
    random: Math.random,
    network: currentNetwork,
    onStop: end,
  });
  const traffic = new Traffic(answerCalls(agent, run), clock, log);
  const server = createServer((socket) => {
    traffic.serve(socket);
  });
  if (!(await listenAlone(server, path, clock))) return false;
  // A command waits for this, and for no more.
  deps.onReady();
  recordAgent(path);
  deps.signal.addEventListener('abort', end, { once: true });
  log.write('started', { pid: process.pid, version: VERSION });
  // Read the session now, so that the first call finds it there; what is wrong with it, that call will tell.
  void agent.tick();
  const timer = setInterval(() => {
    traffic.logRefused();
    const reason = reasonToEnd(deps, traffic);
    if (reason === undefined) void agent.tick();
    else {
      log.write(reason);
      end();
    }
  }, TICK);
  if (!lifetime.signal.aborted) await once(lifetime.signal, 'abort');
  clearInterval(timer);
  await traffic.drain(server);
  traffic.logRefused();
  log.write('stopped', { pid: process.pid });
  return true;
}

/** An agent whose program was replaced can have nothing done any more: it ends, and its clients do without it or start another. */
function endingWhenOutdated(run: RunJob, end: () => void): RunJob {
  return async (job, params) => {
    try {
      return await run(job, params);
    } catch (error) {
      if (error instanceof BeamError && error.code === 'agent_outdated') end();
      throw error;
    }
  };
}

function reasonToEnd({ account, homes, idle }: DaemonDeps, traffic: Traffic): 'idle' | 'account gone' | undefined {
  if (traffic.idleFor() > idle) return 'idle';
  // A home that is not there at the moment, on a disk that is not mounted, says nothing about the account.
  const gone = fileIdentity(accountFile(homes, account)) === undefined && fileIdentity(accountsFolder(homes)) !== undefined;
  return gone ? 'account gone' : undefined;
}
