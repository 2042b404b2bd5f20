import { systemClock } from '../../clock.ts';
import { createAccountStore } from '../../store/accounts/account-store.ts';
import type { Env } from '../../environment.ts';
import type { Homes } from '../../store/paths.ts';
import { loadSession } from './load-session.ts';
import { ownError } from '../protocol/wire.ts';
import { encodeLoaded, parseOrder } from './worker-protocol.ts';
import type { Order } from './worker-protocol.ts';

async function run({ account, keys, job }: Order, inherited: Env, homes: Homes): Promise<unknown> {
  const env = { ...inherited, ...keys };
  const deps = { account, accounts: createAccountStore({ homes, clock: systemClock, env }), homes, env };
  if (job.kind === 'load') return encodeLoaded(await loadSession(deps));
  const { doJob } = await import('./do-job.ts');
  return doJob(deps, job);
}

/** Carries out one order of an agent. Never throws: the answer is `{result}` or `{error}`. */
export async function runOrder(line: string, inherited: Env, homes: Homes): Promise<unknown> {
  try {
    return { result: await run(parseOrder(line), inherited, homes) };
  } catch (error) {
    const { code, message, hint, retryAfter } = ownError(error);
    return { error: { code, message, hint, retry_after: retryAfter } };
  }
}
