/** What a worker's process does with the one line it is given. */
import { createAccountStore } from '../../store/accounts/account-store.ts';
import type { Clock } from '../../clock.ts';
import { withKeys, type Env } from '../../environment.ts';
import { httpFor } from '../../net/http-for.ts';
import type { Homes } from '../../store/paths.ts';
import { answerWith } from '../protocol/calls.ts';
import { encodeJobError, encodeJobResult, parseJob } from '../protocol/messages.ts';
import { JOBS } from '../protocol/wire.ts';
import { createWork } from './create-work.ts';

export interface JobDeps {
  /** What the worker inherited; the keys it is given count as part of it. */
  readonly env: Env;
  readonly homes: Homes;
  readonly clock: Clock;
}

/** Carries out one job of an agent. Never throws: the answer, a line, holds the result or the error. */
export async function runJob(line: string, { env: inherited, homes, clock }: JobDeps): Promise<string> {
  try {
    const { account, keys, job, params } = parseJob(line);
    const env = withKeys(inherited, keys);
    const accounts = createAccountStore({ homes, clock, env });
    const work = createWork({ account, accounts, homes, env, clock, http: (of) => httpFor(of, env) });
    return encodeJobResult(await answerWith(JOBS, work)(job, params));
  } catch (error) {
    return encodeJobError(error);
  }
}
