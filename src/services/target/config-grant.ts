/** What a `--config` file gives to act with: its token, or one from the agent whose socket it names. */
import type { RemoteAgent } from '../../agent/client/client.ts';
import { withAgent } from '../../agent/client/with-agent.ts';
import type { TokenGrant } from '../../agent/protocol/agent.ts';
import type { Params } from '../../agent/protocol/wire.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle } from '../../hints.ts';
import { accountOfKey, splitAccountKey } from '../../store/account-key.ts';
import type { AppConfig } from '../../store/config/app-config.ts';
import { serverIfAny, type Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';

type AgentContext = Pick<Context, 'agents'>;

/** A file, and the server that it names. */
export interface ConfigTarget {
  readonly server: Server;
  readonly appConfig: Pick<AppConfig, 'path' | 'key'>;
}

/**
 * A token for the server of the file. Throws, where an agent gives it, `agent_unavailable`, `forbidden` for an agent of another
 * server, and as `Agents.listening` and `Agent.token`.
 */
export async function configGrant(
  context: AgentContext,
  target: ConfigTarget,
  wishes: Params<'token'> = {},
): Promise<TokenGrant> {
  const { server, appConfig } = target;
  const { key } = appConfig;
  if ('token' in key) return { accessToken: key.token, server: server.name };
  const agent = await configAgent(context, target, key.agentSocket);
  if (agent === undefined) throw nobody(key.agentSocket, appConfig.path);
  const grant = await withAgent(agent, () => agent.token(wishes));
  // The key of an account does not tell the scheme, and what an agent says of itself is not what it gives.
  if (serverIfAny(grant.server)?.origin !== server.origin) throw ofAnother(printable(grant.server), target, key.agentSocket);
  return grant;
}

/**
 * The agent whose socket a file names; undefined where none listens. It is asked for nothing before it is known that it serves the
 * server of the file: whoever wrote that must not lead a token of one server to another. Throws `forbidden`, and as
 * `Agents.listening`.
 */
export async function configAgent(
  { agents }: AgentContext,
  target: ConfigTarget,
  socket: string,
): Promise<RemoteAgent | undefined> {
  const { key } = target.appConfig;
  const agent = await agents.listening(socket, 'shared' in key ? 'shared' : undefined);
  const account = agent?.info.account ?? target.server.key;
  if (splitAccountKey(account).serverKey === target.server.key) return agent;
  agent?.close();
  throw ofAnother(printable(accountTitle(accountOfKey(account))), target, socket);
}

function ofAnother(whose: string, { server, appConfig }: ConfigTarget, socket: string): BeamError {
  const message = `The agent at ${printable(socket, 1_000)} is of ${whose}, and ${printable(appConfig.path, 1_000)} names ${server.name}`;
  return new BeamError('forbidden', message, {
    hint: { text: 'The `agent_socket` and the `server` of the file are of one account' },
  });
}

function nobody(socket: string, path: string): BeamError {
  return new BeamError('agent_unavailable', `No agent listens at ${printable(socket, 1_000)} (in ${printable(path, 1_000)})`, {
    hint: { command: 'beamd agent status --all' },
  });
}
