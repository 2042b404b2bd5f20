/** What a worker's process does with the one line it is given. */
import { isMissingProgram } from '../../programs.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { createAccountStore } from '../../store/accounts/account-store.ts';
import type { Clock } from '../../clock.ts';
import { withKeys, type Env } from '../../environment.ts';
import type { ServerTrust } from '../../http.ts';
import { httpFor } from '../../net/http-for.ts';
import type { Homes } from '../../store/paths.ts';
import { answerWith } from '../protocol/calls.ts';
import type { Work } from '../protocol/agent.ts';
import { RequestsMade } from '../protocol/requests.ts';
import { encodeJobError, encodeJobResult, outdated, parseJob, type JobRequest } from '../protocol/messages.ts';
import { JOBS } from '../protocol/wire.ts';
import { createWork } from './create-work.ts';

export interface JobDeps {
  /** What the worker inherited; the keys it is given count as part of it. */
  readonly env: Env;
  readonly homes: Homes;
  readonly clock: Clock;
  /** As in `WorkDeps`. */
  readonly onSpend?: () => void;
}

/** Carries out one job of an agent. Never throws: the answer, a line, holds the result or the error, and the requests. */
export async function runJob(line: string, deps: JobDeps): Promise<string> {
  const made = new RequestsMade();
  try {
    const request = parseJob(line);
    const result = await answerWith(JOBS, workFor(request, deps))(request.job, request.params, made.tell);
    return encodeJobResult(result, made.encoded());
  } catch (error) {
    return encodeJobError(isMissingProgram(error) ? outdated(error) : error, made.encoded());
  }
}

function workFor({ account, keys }: JobRequest, { env: inherited, homes, clock, onSpend }: JobDeps): Work {
  const env = withKeys(inherited, keys);
  const accounts = createAccountStore({ homes, clock, env });
  return createWork(
    omitUndefined({ account, accounts, homes, env, clock, onSpend, http: (of: ServerTrust) => httpFor(of, env) }),
  );
}
