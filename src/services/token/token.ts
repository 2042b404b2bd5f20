/** `beamd token`, and the environment that `beamd exec` gives its child. */
import { withAgent } from '../../agent/client/with-agent.ts';
import type { TokenGrant } from '../../agent/protocol/agent.ts';
import { rfc3339 } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle } from '../../hints.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Context } from '../context.ts';
import type { Source } from '../target/climb.ts';
import { warnOfPassedScope } from '../target/environment-token.ts';
import { BEHIND_SOCKET, ELSEWHERE, endOfHandedOn, markOf, TOKEN_END, TOKEN_OF } from '../target/handed-on.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from '../target/ladder.ts';
import type { AccountTarget } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { handedOnFrom } from '../../programs.ts';
import type { Left } from '../waiting.ts';
import type { TokenWishes } from './wishes.ts';

/** A token, and which of the server's accounts it is of. */
export interface NamedGrant extends TokenGrant {
  /** Absent: of the one without a name, or of none. */
  readonly name?: AccountName;
  /** Key of the account; absent: it is of none. */
  readonly account?: string;
  /** Path of the socket of the agent that gave it, where a file or `BEAMD_AGENT_SOCK` names that. */
  readonly agentSocket?: string;
  /** It stands in the file of a `--config`: no org is named for it. */
  readonly ofFile?: true;
}

export type TokenContext = TargetContext & Pick<Context, 'agents' | 'clock' | 'notify' | 'waiting'>;

/**
 * A fresh access token. Never opens a browser. What it lacks of the wishes is told as `judgeToken` does. Throws as that, as
 * `resolveTarget` and `Agent.token`, and `session_ended` for a token of `beamd exec` that has ended.
 */
export async function token(context: TokenContext, input: TargetInput, wishes: TokenWishes = {}): Promise<NamedGrant> {
  const target = await resolveTarget(context, input);
  const grant = await grantOf(context, target, wishes);
  if (Object.keys(wishes).length === 0) return grant;
  const { judgeToken } = await import('./wishes.ts');
  judgeToken(context, target, wishes, grant);
  return grant;
}

async function grantOf(context: TokenContext, target: Target, wishes: TokenWishes): Promise<NamedGrant> {
  if (target.kind === 'app-config') return fromConfig(context, target, wishes);
  if (target.kind === 'account') return fromAgent(context, target, wishes);
  const { token: accessToken, server, scope, passedScope } = target;
  // A pin is there for people, too, and mostly right: whether the key is of its org only the server knows, which `pin check` asks.
  if (passedScope?.source.kind !== 'project') warnOfPassedScope(context, passedScope);
  const expiresAt = endOfHandedOn(context.env);
  if (expiresAt !== undefined && expiresAt * 1000 <= context.clock.now()) throw endedHere(target, expiresAt);
  return omitUndefined({ accessToken, server: server.value.name, scope: scope?.value, expiresAt });
}

/** Its login is not on this machine, so there is no other one. */
function endedHere({ server }: Extract<Target, { kind: 'env-token' }>, end: number): BeamError {
  return new BeamError('session_ended', `The token of BEAMD_TOKEN ended at ${rfc3339(end)}, and its login is not here`, {
    at: end,
    hint: { command: `beamd login --server ${server.value.name}` },
  });
}

const OWN: ReadonlySet<Source['kind']> = new Set(['default-scope', 'first-scope']);

/** A refresh that was begun is a worker's, and goes on. */
const noToken = (): Left => ({ message: 'no token was given; a refresh that was begun goes on' });

async function fromConfig(
  context: TokenContext,
  target: Extract<Target, { kind: 'app-config' }>,
  wishes: TokenWishes,
): Promise<NamedGrant> {
  const { configGrant } = await import('../target/config-grant.ts');
  const line = `Waiting for a fresh token of ${target.server.name}`;
  const grant = await context.waiting({ line, left: noToken }, () =>
    configGrant(context, target, omitUndefined({ ...wishes, scope: target.scope?.value })),
  );
  const { key } = target.appConfig;
  return 'agentSocket' in key ? { ...grant, agentSocket: key.agentSocket } : { ...grant, ofFile: true };
}

function fromAgent(
  { agents, waiting }: TokenContext,
  { account, scope }: AccountTarget,
  wishes: TokenWishes,
): Promise<NamedGrant> {
  // The account's own choice is left to the agent, which knows the account as it is now.
  const asked = scope === undefined || OWN.has(scope.source.kind) ? wishes : { ...wishes, scope: scope.value };
  return waiting({ line: `Waiting for a fresh token of ${accountTitle(account)}`, left: noToken }, async () => {
    const grant = await withAgent(agents.open(account), (agent) => agent.token(asked));
    return omitUndefined({ ...grant, name: account.name, account: account.key });
  });
}

/** All that says which token there is, and who acts with it: nothing of the surroundings may stand beside a token of another login. */
type OfGrant = 'BEAMD_SERVER' | 'BEAMD_ACCOUNT' | 'BEAMD_SCOPE' | 'BEAMD_TOKEN' | typeof TOKEN_END | typeof TOKEN_OF;

/**
 * The variables of a grant; undefined: it is not to be set. With `BEAMD_TOKEN_OF` our own commands get fresh tokens of its login, or of
 * the agent that gave it, whose socket then is `BEAMD_AGENT_SOCK`.
 */
export function grantVariables(grant: NamedGrant): Readonly<Record<OfGrant, string | undefined> & { BEAMD_AGENT_SOCK?: string }> {
  const { server, name, scope, accessToken, expiresAt, account, agentSocket, ofFile } = grant;
  const key = account ?? (agentSocket === undefined ? ELSEWHERE : BEHIND_SOCKET);
  return {
    BEAMD_SERVER: server,
    BEAMD_ACCOUNT: name,
    BEAMD_SCOPE: scope,
    BEAMD_TOKEN: accessToken.reveal(),
    [TOKEN_END]: rfc3339(expiresAt),
    // Of one that ends and is of no login here it is said as well: so that it is not given out once it has ended.
    [TOKEN_OF]: key === ELSEWHERE && expiresAt === undefined && ofFile !== true ? undefined : markOf(accessToken, { key, scope }),
    ...(agentSocket !== undefined && { BEAMD_AGENT_SOCK: agentSocket }),
  };
}

/** Where a command asks that is run inside another one: for tokens of the other one's login. */
const OF_SERVER = { BEAMD_TOKEN_URL: undefined, BEAMD_TOKEN_AUTH: undefined };

/** The caller's environment with the variables of the grant, and those `more`. */
export function childEnv(
  { env }: Pick<Context, 'env'>,
  grant: NamedGrant,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return handedOnFrom({ ...env, ...grantVariables(grant), ...OF_SERVER, ...more });
}
