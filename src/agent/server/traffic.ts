/** The connections of an agent: how many calls are under way, and since when there was none. */
import type { Server, Socket } from 'node:net';
import type { Clock } from '../../clock.ts';
import { system } from '../../platform/system.ts';
import { Activity, clientName } from './activity.ts';
import { HttpSide } from './http.ts';
import { CountedEvents, type AgentLog } from './log.ts';
import { serve, type ServeHooks } from './serve.ts';
import type { Answer } from './session-agent.ts';

/** How long clients that are connected may still ask once the agent is told to end, milliseconds. */
const LAST_CALLS = 1_000;

/** Descriptors that are left for all else: the log, files, and the pipes of workers. */
const RESERVE = 64;

/** Clients that are served at once, however many descriptors there are. */
const MOST_CLIENTS = 4_096;

/** How many connections fit under a limit of so many descriptors. */
export function clientsFor(descriptors: number): number {
  return Math.min(MOST_CLIENTS, Math.max(descriptors - RESERVE, Math.floor(descriptors / 2)));
}

/** Where the system does not say. */
const SMALL_LIMIT = 256;

interface Client {
  /** Under way. */
  readonly calls: number;
  /** Whether it ever made one. */
  readonly known: boolean;
  /** What it says of itself. */
  readonly name?: string | undefined;
}

export class Traffic {
  /** Whoever was silent for longest comes first. */
  readonly #sockets = new Map<Socket, Client>();
  readonly #most: number;
  readonly #answer: Answer;
  readonly #http: HttpSide;
  readonly #clock: Clock;
  readonly #log: AgentLog;
  readonly #activity: Pick<Activity, 'called'>;
  readonly #violations: CountedEvents;
  #underWay = 0;
  #last: number;
  #onQuiet: (() => void) | undefined;
  #onAlone: (() => void) | undefined;

  constructor(
    answer: Answer,
    clock: Clock,
    log: AgentLog,
    activity: Pick<Activity, 'called'> = new Activity(),
    most = clientsFor(system.limits.openFiles() ?? SMALL_LIMIT),
  ) {
    this.#most = most;
    this.#answer = answer;
    this.#http = new HttpSide(answer);
    this.#clock = clock;
    this.#log = log;
    this.#activity = activity;
    this.#violations = new CountedEvents(log, 'connection refused');
    this.#last = clock.now();
  }

  serve(socket: Socket): void {
    if (this.#sockets.size >= this.#most && !this.#makeRoom()) {
      this.#violations.count('too many');
      socket.destroy();
      return;
    }
    this.#sockets.set(socket, { calls: 0, known: false });
    const hooks: ServeHooks = {
      onCall: (method, says) => {
        this.#underWay += 1;
        this.#count(socket, 1, says);
        const looks = method === 'activity';
        if (!looks) this.#activity.called(method, this.#sockets.get(socket)?.name, this.#clock.now() / 1000);
        return () => {
          this.#underWay -= 1;
          this.#count(socket, -1);
          if (!looks) this.#last = this.#clock.now();
          if (this.#underWay === 0) this.#onQuiet?.();
        };
      },
      client: () => this.#sockets.get(socket)?.name,
      onViolation: (reason) => {
        this.#violations.count(reason);
      },
      onFailure: (method, error) => {
        this.#log.write('call failed', { method, error: error instanceof Error ? error.name : typeof error });
      },
    };
    const onHttp = (first: Buffer): void => this.#http.take(socket, first, hooks);
    const finished = serve(this.#answer, socket, { ...hooks, onHttp });
    void finished.then(() => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#onAlone?.();
    });
  }

  /** Notes that a client's call begins or has been answered; what the client says of itself stays with it. */
  #count(socket: Socket, change: 1 | -1, says?: unknown): void {
    const client = this.#sockets.get(socket);
    if (client === undefined) return;
    this.#sockets.delete(socket);
    const name = clientName(says) ?? client.name;
    this.#sockets.set(socket, { calls: client.calls + change, known: true, name });
  }

  /** Ends a connection that never said anything, else the one that has rested for longest: they must not keep others out. */
  #makeRoom(): boolean {
    const clients = [...this.#sockets];
    const [socket] = clients.find(([, { known }]) => !known) ?? clients.find(([, { calls }]) => calls === 0) ?? [];
    if (socket === undefined) return false;
    this.#violations.count('made room');
    this.#sockets.delete(socket);
    socket.destroy();
    return true;
  }

  /** Seconds since the last answer; 0 while a call is under way. */
  idleFor(): number {
    return this.#underWay > 0 ? 0 : (this.#clock.now() - this.#last) / 1000;
  }

  /** Logs how many connections were refused since the last time. */
  logRefused(): void {
    this.#violations.flush();
  }

  /**
   * Takes no new connection, answers what is asked, then closes. A client that has said hello is about to ask: so the end
   * waits until all have gone, for a moment. Whoever comes next starts the next agent.
   */
  async drain(server: Server): Promise<void> {
    server.close();
    this.#http.end();
    await this.#alone();
    await this.#quiet();
    for (const socket of this.#sockets.keys()) socket.end();
  }

  /** Ends every connection at once, whatever is under way. */
  close(): void {
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  /** Resolves when no client is connected, or after a moment. */
  #alone(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, LAST_CALLS);
      this.#onAlone = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#sockets.size === 0) this.#onAlone();
    });
  }

  /** Resolves when no call is under way. */
  #quiet(): Promise<void> {
    return new Promise((resolve) => {
      this.#onQuiet = resolve;
      if (this.#underWay === 0) resolve();
    });
  }
}
