/** When an agent renews the machine tokens that it is to renew. What is due a worker tells; each renewal is a job of its own. */
import { statSync } from 'node:fs';
import type { Clock } from '../../clock.ts';
import { BeamError, isOfAll, type ErrorCode } from '../../errors.ts';
import { ledgerFile, runbeamLock, type Homes } from '../../store/paths.ts';
import type { AuthorizeRequest, Work } from '../protocol/agent.ts';
import type { AgentLog } from './log.ts';
import type { LocalAgent } from './session-agent.ts';

/** How often it looks what is due, though nothing seems to have changed, milliseconds. */
const EVERY = 3_600_000;

/** After trouble: from five minutes, doubling to six hours, half of it random. */
const [FIRST_PAUSE, LONGEST_PAUSE] = [300_000, 21_600_000];

export interface RenewalDeps {
  readonly homes: Homes;
  readonly clock: Clock;
  readonly work: Pick<Work, 'dueRenewals' | 'authorize'>;
  readonly agent: Pick<LocalAgent, 'withSession' | 'mayRenew'>;
  readonly log: Pick<AgentLog, 'write'>;
  /** 0 to 1; jitter. */
  readonly random: () => number;
}

export class Renewals {
  readonly #deps: RenewalDeps;
  #looking: Promise<void> | undefined;
  #notBefore = 0;
  #failures = 0;
  #stamp: string | undefined;
  #isPending = false;

  constructor(deps: RenewalDeps) {
    this.#deps = deps;
  }

  /** There is something to renew, now or later: the agent must be there then. */
  get pending(): boolean {
    return this.#isPending;
  }

  /** Called on a tick: looks if it is time to, and renews what is due, one after the other. Never throws. */
  async tick(): Promise<void> {
    this.#looking ??= this.#lookIfTime().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookIfTime(): Promise<void> {
    const { clock, agent, homes } = this.#deps;
    const stamp = stampOf(homes);
    if (stamp === undefined || !agent.mayRenew()) return;
    // After trouble the pause holds, whatever else is done here; a clock that was set back must not make it one of days.
    const isTime = clock.now() >= this.#notBefore || this.#notBefore - clock.now() > LONGEST_PAUSE;
    if (!isTime && (this.#failures > 0 || stamp === this.#stamp)) return;
    const failed = await this.#look().catch(() => true);
    this.#failures = failed ? this.#failures + 1 : 0;
    if (failed) {
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#failures - 1));
      this.#notBefore = clock.now() + pause * (0.5 + this.#deps.random() / 2);
    }
    this.#stamp = stampOf(homes);
  }

  /** Whether something was in the way. */
  async #look(): Promise<boolean> {
    const { work, clock } = this.#deps;
    const { requests, next } = await work.dueRenewals();
    this.#isPending = requests.length > 0 || next !== undefined;
    this.#notBefore = Math.min(clock.now() + EVERY, (next ?? Infinity) * 1000);
    let failed = false;
    for (const request of requests) {
      const code = await this.#renew(request);
      failed ||= code !== undefined;
      // A token that was kept for one gateway and has expired is nothing to the others.
      if (code !== undefined && isOfAll(code) && !(request.retry && code === 'expired_token')) break;
    }
    // What was renewed is due again one day, too.
    return failed;
  }

  /** The code of what stopped it. */
  async #renew(request: AuthorizeRequest): Promise<ErrorCode | undefined> {
    const { agent, work, log } = this.#deps;
    const gateway = request.instance.id;
    try {
      const { delivered, expiresAt } = await agent.withSession(() => work.authorize(request));
      if (delivered) log.write('renewed', { gateway, expires_at: expiresAt });
      else log.write('renewal failed', { gateway, code: 'not_delivered' });
      return delivered ? undefined : 'not_delivered';
    } catch (error) {
      const code = error instanceof BeamError ? error.code : 'failed';
      log.write('renewal failed', { gateway, code });
      return code;
    }
  }
}

/** Another one after each change of the ledger, and of what the home of runbeam knows of its instances; undefined: no ledger. */
function stampOf(homes: Homes): string | undefined {
  const mtime = (path: string): number | undefined => statSync(path, { throwIfNoEntry: false })?.mtimeMs;
  try {
    const ledger = mtime(ledgerFile(homes));
    return ledger === undefined ? undefined : `${String(ledger)} ${String(mtime(runbeamLock(homes)))}`;
  } catch {
    return undefined;
  }
}
