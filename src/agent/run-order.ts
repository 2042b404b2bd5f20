import { systemClock } from '../clock.ts';
import { createHttp } from '../net/http-client.ts';
import { createAccountStore } from '../store/accounts.ts';
import type { Homes } from '../store/paths.ts';
import { createWork } from './create-work.ts';
import { ownError } from './protocol.ts';
import { encodeAuthorizeResult } from './values.ts';
import { machineTokenJson } from '../store/machine-token-json.ts';
import type { Work } from './work.ts';
import { encodeLoaded, parseOrder } from './worker-protocol.ts';
import type { Job } from './worker-protocol.ts';

type Env = Readonly<Record<string, string | undefined>>;

async function run(work: Work, job: Job): Promise<unknown> {
  switch (job.kind) {
    case 'load':
      return encodeLoaded(await work.load());
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

/** Carries out one order of an agent. Never throws: the answer is `{result}` or `{error}`. */
export async function runOrder(line: string, inherited: Env, homes: Homes): Promise<unknown> {
  try {
    const { account, keys, job } = parseOrder(line);
    const env = { ...inherited, ...keys };
    const work = createWork({
      account,
      accounts: createAccountStore({ homes, clock: systemClock, env }),
      homes,
      env,
      clock: systemClock,
      http: (options) => createHttp({ env, ...options }),
    });
    return { result: await run(work, job) };
  } catch (error) {
    const own = ownError(error);
    return { error: { ...own.toJSON(), retry_after: own.retryAfter } };
  }
}
