/**
 * `BEAMD_AGENT_SOCK`: the agent behind it gives the token, also on a machine that has no login. It comes after `BEAMD_TOKEN`, unless it
 * gave that itself, and gives way to whatever names another server or another account than its own. Loaded only where the variable is set.
 */
import type { RemoteAgent } from '../../agent/client/client.ts';
import type { AgentInfo } from '../../agent/protocol/agent.ts';
import { variable, type Env } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle } from '../../hints.ts';
import { accountOfKey, NAMELESS, splitAccountKey } from '../../store/account-key.ts';
import { parseServer, type Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import type { Explain, Sourced } from './climb.ts';
import { isBehindSocket } from './handed-on.ts';
import type { Target, TargetContext, TargetInput } from './ladder.ts';
import type { Settings } from './settings.ts';

const AGENT_SOCKET = 'BEAMD_AGENT_SOCK';

/** What the socket offers; why it does not count here; undefined: nobody listens there. */
type Offer = Extract<Target, { kind: 'app-config' }> | { readonly passed: string } | undefined;

/**
 * The target that the variable names, as the file of a `--config` would; undefined where it is for something else, or nobody listens.
 * Throws `agent_unavailable` where nobody listens and nobody is logged in, `unsafe_path`, `busy`, `agent_outdated`, and as reading the project does.
 */
export async function agentSocketTarget(
  context: TargetContext,
  input: TargetInput,
  settings: Settings,
): Promise<Extract<Target, { kind: 'app-config' }> | undefined> {
  const socket = variable(context.env, AGENT_SOCKET) ?? '';
  const { explain } = context;
  const offer = await look(context, input, settings, socket);
  const source = { kind: 'agent-socket' } as const;
  const isLast = variable(context.env, 'BEAMD_TOKEN') === undefined && context.accounts.keys().length === 0;
  if (offer === undefined && isLast) throw nobodyForwards(socket);
  if (offer === undefined || 'passed' in offer) {
    explain?.({ topic: 'token', source, value: socket, state: 'passed', reason: offer?.passed ?? 'has nobody who listens' });
    return undefined;
  }
  if (explain !== undefined) tell(explain, offer, context.env);
  return offer;
}

function tell(explain: Explain, { server, scope }: Extract<Target, { kind: 'app-config' }>, env: Env): void {
  const source = { kind: 'agent-socket' } as const;
  explain({ topic: 'server', source, value: server.name, state: 'won' });
  if (scope !== undefined) explain({ topic: 'scope', source: scope.source, value: scope.value, state: 'won' });
  if (isBehindSocket(env)) {
    const reason = `is from ${AGENT_SOCKET}, whose agent gives a fresh one`;
    explain({ topic: 'token', source: { kind: 'env' }, state: 'passed', reason });
  }
  explain({ topic: 'token', source, value: variable(env, AGENT_SOCKET) ?? '', state: 'won' });
}

/** What is said where nothing else gives a token either. */
function nobodyForwards(socket: string): BeamError {
  return new BeamError(
    'agent_unavailable',
    `No agent listens at ${printable(socket, 1_000)} (${AGENT_SOCKET}), and there is no login here`,
    {
      hint: { text: 'Start beamd agent forward again where you are logged in, or log in here: beamd login' },
    },
  );
}

async function look(context: TargetContext, input: TargetInput, settings: Settings, socket: string): Promise<Offer> {
  const agent = await context.agents?.listening(socket, 'shared');
  if (agent === undefined) return undefined;
  try {
    const { serverKey, name = NAMELESS } = splitAccountKey(agent.info.account);
    const wanted = await wantedOf(context, input, settings);
    const isOther = wanted.server !== undefined && wanted.server.key !== serverKey;
    if (isOther || (wanted.account !== undefined && wanted.account !== name)) {
      return { passed: `is of ${printable(accountTitle(accountOfKey(agent.info.account)))}` };
    }
    const server = wanted.server ?? parseServer(await serverOf(agent));
    const key = { agentSocket: socket, shared: true } as const;
    const appConfig = { path: AGENT_SOCKET, server: server.name, key, insecureSkipVerify: false, warnings: [] };
    const target = { kind: 'app-config', server, appConfig, source: { kind: 'agent-socket' } } as const;
    return wanted.scope === undefined ? target : { ...target, scope: wanted.scope };
  } finally {
    agent.close();
  }
}

interface Wanted {
  readonly server?: Server | undefined;
  readonly account?: string | undefined;
  readonly scope?: Sourced<string> | undefined;
}

/** What is named more exactly than by the socket: on the command line, in the environment, by the project. */
async function wantedOf({ env }: TargetContext, input: TargetInput, settings: Settings): Promise<Wanted> {
  const pin = await settings.project();
  const server = input.server ?? variable(env, 'BEAMD_SERVER') ?? pin?.server;
  const scopes: readonly (Sourced<string> | undefined)[] = [
    sourced('flag', input.scope),
    sourced('env', variable(env, 'BEAMD_SCOPE')),
    sourced('project', pin?.scope),
  ];
  return {
    server: server === undefined ? undefined : parseServer(server),
    account: input.account ?? variable(env, 'BEAMD_ACCOUNT') ?? pin?.account,
    scope: scopes.find((scope) => scope !== undefined),
  };
}

function sourced(kind: 'flag' | 'env' | 'project', value: string | undefined): Sourced<string> | undefined {
  return value === undefined ? undefined : { value, source: { kind } };
}

/** A forwarded agent says it at once, another one when it is asked for its orgs; the key of an account does not tell the scheme. */
async function serverOf(agent: RemoteAgent): Promise<string> {
  const info: AgentInfo = agent.info;
  return info.server ?? (await agent.scopes()).server;
}
