/** The jobs of a worker that speak to a server. Loaded when there is one: the first token of an agent needs none of it. */
import { systemClock } from '../../clock.ts';
import { createHttp } from '../../net/http-client.ts';
import type { AccountStore } from '../../store/accounts/account.ts';
import { machineTokenJson } from '../../store/instances/machine-token.ts';
import type { Env } from '../../environment.ts';
import type { Homes } from '../../store/paths.ts';
import { createWork } from './create-work.ts';
import { encodeAuthorizeResult } from '../protocol/values.ts';
import type { Work } from './work.ts';
import { encodeLoaded } from './worker-protocol.ts';
import type { Job } from './worker-protocol.ts';

export interface JobDeps {
  /** Key of the account. */
  readonly account: string;
  readonly accounts: AccountStore;
  readonly homes: Homes;
  readonly env: Env;
}

/** Any job but `load`. */
export type ServerJob = Exclude<Job, { readonly kind: 'load' }>;

/** Does it; the result is JSON. Throws what `Work` throws. */
export function doJob(deps: JobDeps, job: ServerJob): Promise<unknown> {
  const { env } = deps;
  const work = createWork({ ...deps, clock: systemClock, http: (options) => createHttp({ env, ...options }) });
  return run(work, job);
}

async function run(work: Work, job: ServerJob): Promise<unknown> {
  switch (job.kind) {
    case 'refresh':
      return encodeLoaded(await work.refresh(job.olderThan));
    case 'scopes':
      return work.refreshScopes();
    case 'authorize':
      return encodeAuthorizeResult(await work.authorize(job.request));
    case 'machine_token':
      return machineTokenJson(await work.machineToken(job.gatewayCode));
  }
}
