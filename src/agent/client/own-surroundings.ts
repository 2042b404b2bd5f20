/** An agent as one process uses it: what it cannot do where it is, this process does where it is itself. */
import type { Env } from '../../environment.ts';
import { BeamError, type ErrorCode } from '../../errors.ts';
import type { Agent } from '../protocol/agent.ts';
import type { Homes } from '../../store/paths.ts';
import { desktopOf, gatewaysOf, networkOf } from '../protocol/surroundings.ts';
import type { RemoteAgent } from './client.ts';

/**
 * How it shows that an agent ended, fell silent, or looks for the account where it is no more: its home was moved, or is
 * another view of this one. The command has seen the account just now.
 */
const LOST: ReadonlySet<ErrorCode> = new Set(['agent_unavailable', 'busy', 'login_required', 'agent_outdated']);

/** Trouble that may come of where the agent is: its keyring, its keys, what it may write. */
const LOCAL: ReadonlySet<ErrorCode> = new Set([
  'storage',
  'storage_full',
  'unsafe_path',
  'decrypt_failed',
  'bad_key',
  'bad_config',
]);

/**
 * An agent that ends or stops answering in the middle of a call costs its client a moment, not the answer: where asking
 * twice does no harm, this process then does the work itself, under the same lock. So it does where the agent's keyring
 * or limits are not its own and the agent failed at them, for all that takes a server where their networks differ, and for
 * machine tokens where the agent would keep them in another folder.
 */
export function inOwnSurroundings(
  agent: RemoteAgent,
  { env, homes }: { readonly env: Env; readonly homes: Homes },
  instead: () => Promise<Agent>,
): RemoteAgent {
  const helps = (error: unknown): boolean => {
    if (!(error instanceof BeamError)) return false;
    return LOST.has(error.code) || (LOCAL.has(error.code) && opensMore(agent, env));
  };
  const either = async <T>(ask: (agent: Agent) => Promise<T>, first = ask): Promise<T> => {
    try {
      return await first(agent);
    } catch (error) {
      if (!helps(error)) throw error;
      return ask(await instead());
    }
  };
  const machineTokens: Pick<Agent, 'authorize' | 'machineToken'> = {
    authorize: async (...asked) => (await instead()).authorize(...asked),
    machineToken: async (...asked) => (await instead()).machineToken(...asked),
  };
  if (agent.info.network !== networkOf(env)) {
    return {
      ...agent,
      ...machineTokens,
      token: (request, tell) =>
        either(
          (one) => one.token(request, tell),
          (one) => one.token({ ...request, held: true }, tell),
        ),
      refreshScopes: async (...asked) => (await instead()).refreshScopes(...asked),
    };
  }
  // What these do must not be done twice: whether the agent can open the account is found out before. One that says that its
  // program was replaced has done nothing.
  const once = async <T>(ask: (agent: Agent) => Promise<T>): Promise<T> => {
    const able = await either((one) => one.scopes().then(() => one));
    try {
      return await ask(able);
    } catch (error) {
      if (!(error instanceof BeamError) || error.code !== 'agent_outdated') throw error;
      return ask(await instead());
    }
  };
  return {
    ...agent,
    token: (...asked) => either((one) => one.token(...asked)),
    refreshScopes: (...asked) => either((one) => one.refreshScopes(...asked)),
    authorize: (...asked) => once((one) => one.authorize(...asked)),
    machineToken: (...asked) => once((one) => one.machineToken(...asked)),
    ...(agent.info.gateways === gatewaysOf(homes) ? {} : machineTokens),
  };
}

/** Whether this process may open or store what the agent could not. */
function opensMore({ info }: RemoteAgent, env: Env): boolean {
  return Boolean(env['BEAMD_ENCRYPTION_KEY']) || info.desktop !== desktopOf(env);
}
