import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { ensurePrivateFolder } from '../../store/files/permissions.ts';
import { accountFile, accountsFolder, agentLog, agentsFolder } from '../../store/paths.ts';
import type { Homes } from '../../store/paths.ts';
import { VERSION } from '../../programs.ts';
import { recordAgent } from './agent-record.ts';
import { CountedEvents, openLog } from './log.ts';
import type { AgentLog } from './log.ts';
import { currentNetwork, createAgent } from './session-agent.ts';
import { serve } from './serve.ts';
import type { LocalAgent } from './session-agent.ts';
import { listenAlone } from './single-instance.ts';
import { agentSocket } from '../protocol/socket-path.ts';
import { fileStamp } from '../worker/work.ts';
import type { Work } from '../worker/work.ts';

/** How often the agent looks at the wall clock, milliseconds. A longer timer would sleep through a suspend. */
const TICK = 30_000;

export interface DaemonDeps {
  readonly account: string;
  readonly homes: Homes;
  readonly clock: Clock;
  readonly work: Work;
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
  const watched = watchWork(deps.work, log);
  const agent = createAgent({
    account,
    file: accountFile(homes, account),
    clock,
    work: watched,
    random: Math.random,
    network: currentNetwork,
    onStop: end,
  });
  const violations = new CountedEvents(log, 'connection refused');
  const traffic = new Traffic(clock, violations);
  const server = createServer((socket) => {
    traffic.serve(agent, socket, log);
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
    violations.flush();
    tick(deps, agent, traffic, log, end);
  }, TICK);
  await aborted(lifetime.signal);
  clearInterval(timer);
  await drain(server, traffic);
  violations.flush();
  log.write('stopped', { pid: process.pid });
  return true;
}

function tick(deps: DaemonDeps, agent: LocalAgent, traffic: Traffic, log: AgentLog, end: () => void): void {
  if (traffic.idleFor() > deps.idle) {
    log.write('idle');
    end();
  } else if (fileStamp(accountFile(deps.homes, deps.account)) === undefined && folderIsThere(deps.homes)) {
    log.write('account gone');
    end();
  } else void agent.tick();
}

function folderIsThere(homes: Homes): boolean {
  return fileStamp(accountsFolder(homes)) !== undefined;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else
      signal.addEventListener(
        'abort',
        () => {
          resolve();
        },
        { once: true },
      );
  });
}

/** The connections of an agent: how many calls are under way, and since when there was none. */
class Traffic {
  readonly sockets = new Set<Socket>();
  readonly #clock: Clock;
  #underWay = 0;
  #last: number;
  #onQuiet: (() => void) | undefined;
  #onAlone: (() => void) | undefined;
  readonly #violations: CountedEvents;

  constructor(clock: Clock, violations: CountedEvents) {
    this.#clock = clock;
    this.#violations = violations;
    this.#last = clock.now();
  }

  serve(agent: LocalAgent, socket: Socket, log: AgentLog): void {
    this.sockets.add(socket);
    const finished = serve(agent, socket, {
      onCall: () => {
        this.#underWay += 1;
        return () => {
          this.#underWay -= 1;
          this.#last = this.#clock.now();
          if (this.#underWay === 0) this.#onQuiet?.();
        };
      },
      onViolation: (reason) => {
        this.#violations.count(reason);
      },
      onFailure: (method, error) => {
        log.write('call failed', { method, error: error instanceof Error ? error.name : typeof error });
      },
    });
    void finished.then(() => {
      this.sockets.delete(socket);
      if (this.sockets.size === 0) this.#onAlone?.();
    });
  }

  /** Seconds since the last answer; 0 while a call is under way. */
  idleFor(): number {
    return this.#underWay > 0 ? 0 : (this.#clock.now() - this.#last) / 1000;
  }

  /** Resolves when no client is connected, or after `limit` milliseconds. */
  alone(limit: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limit);
      this.#onAlone = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.sockets.size === 0) this.#onAlone();
    });
  }

  quiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#onQuiet = resolve;
      if (this.#underWay === 0) resolve();
    });
  }
}

/** How long clients that are connected may still ask once the agent is told to end, milliseconds. */
const LAST_CALLS = 1_000;

/**
 * Takes no new connection, answers what is asked, then closes. A client that has said hello is about to ask: so the end
 * waits until all have gone, for a moment. Whoever comes next starts the next agent.
 */
async function drain(server: Server, traffic: Traffic): Promise<void> {
  server.close();
  await traffic.alone(LAST_CALLS);
  await traffic.quiet();
  for (const socket of traffic.sockets) socket.end();
}

/** Notes each refresh in the log. */
function watchWork(work: Work, log: AgentLog): Work {
  return {
    ...work,
    refresh: async (olderThan) => {
      try {
        const loaded = await work.refresh(olderThan);
        log.write('refreshed', loaded?.expiresAt === undefined ? {} : { expires_at: loaded.expiresAt });
        return loaded;
      } catch (error) {
        log.write('refresh failed', { code: error instanceof BeamError ? error.code : 'failed' });
        throw error;
      }
    },
  };
}
