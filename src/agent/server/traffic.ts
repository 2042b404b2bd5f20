/** The connections of an agent: how many calls are under way, and since when there was none. */
import type { Server, Socket } from 'node:net';
import type { Clock } from '../../clock.ts';
import { CountedEvents, type AgentLog } from './log.ts';
import { serve } from './serve.ts';
import type { Answer } from './session-agent.ts';

/** How long clients that are connected may still ask once the agent is told to end, milliseconds. */
const LAST_CALLS = 1_000;

export class Traffic {
  readonly #sockets = new Set<Socket>();
  readonly #answer: Answer;
  readonly #clock: Clock;
  readonly #log: AgentLog;
  readonly #violations: CountedEvents;
  #underWay = 0;
  #last: number;
  #onQuiet: (() => void) | undefined;
  #onAlone: (() => void) | undefined;

  constructor(answer: Answer, clock: Clock, log: AgentLog) {
    this.#answer = answer;
    this.#clock = clock;
    this.#log = log;
    this.#violations = new CountedEvents(log, 'connection refused');
    this.#last = clock.now();
  }

  serve(socket: Socket): void {
    this.#sockets.add(socket);
    const finished = serve(this.#answer, socket, {
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
        this.#log.write('call failed', { method, error: error instanceof Error ? error.name : typeof error });
      },
    });
    void finished.then(() => {
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#onAlone?.();
    });
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
    await this.#alone();
    await this.#quiet();
    for (const socket of this.#sockets) socket.end();
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
