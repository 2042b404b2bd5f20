/** `beamd token`, and the environment that `beamd exec` gives its child. */
import type { TokenGrant } from '../../agent/protocol/agent.ts';
import { accountTitle } from '../../hints.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Context } from '../context.ts';
import type { Source } from '../target/climb.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from '../target/ladder.ts';
import type { AccountTarget } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { OF_RUNTIME } from '../../programs.ts';
import type { Left } from '../waiting.ts';

/** A token, and which of the server's accounts it is of. */
export interface NamedGrant extends TokenGrant {
  /** Absent: of the one without a name, or of none. */
  readonly name?: AccountName;
}

type TokenContext = TargetContext & Pick<Context, 'agents' | 'waiting'>;

/** A fresh access token. Never opens a browser. Throws as `resolveTarget` and `Agent.token`. */
export async function token(context: TokenContext, input: TargetInput): Promise<NamedGrant> {
  const target = await resolveTarget(context, input);
  if (target.kind === 'app-config') return fromConfig(context, target);
  if (target.kind === 'account') return fromAgent(context, target);
  const { token: accessToken, server, scope } = target;
  return omitUndefined({ accessToken, server: server.value.name, scope: scope?.value });
}

const OWN: ReadonlySet<Source['kind']> = new Set(['default-scope', 'first-scope']);

/** A refresh that was begun is a worker's, and goes on. */
const noToken = (): Left => ({ message: 'no token was given; a refresh that was begun goes on' });

async function fromConfig(context: TokenContext, target: Extract<Target, { kind: 'app-config' }>): Promise<NamedGrant> {
  const { configGrant } = await import('../target/config-grant.ts');
  const line = `Waiting for a fresh token of ${target.server.name}`;
  return context.waiting({ line, left: noToken }, () => configGrant(context, target));
}

function fromAgent({ agents, waiting }: TokenContext, { account, scope }: AccountTarget): Promise<NamedGrant> {
  return waiting({ line: `Waiting for a fresh token of ${accountTitle(account)}`, left: noToken }, async () => {
    const agent = await agents.open(account);
    try {
      // The account's own choice is left to the agent, which knows the account as it is now.
      const grant = await agent.token(scope === undefined || OWN.has(scope.source.kind) ? {} : { scope: scope.value });
      return omitUndefined({ ...grant, name: account.name });
    } finally {
      agent.close();
    }
  });
}

/** Variables that say who acts: those of the surroundings must not stand beside a token that they do not belong to. */
const ACTING = ['BEAMD_SCOPE', 'BEAMD_ACCOUNT'];

const KEPT_BACK: ReadonlySet<string> = new Set([...ACTING, ...OF_RUNTIME]);

/** The caller's environment with `BEAMD_SERVER`, `BEAMD_ACCOUNT`, `BEAMD_SCOPE` and `BEAMD_TOKEN` of the grant. */
export function childEnv({ env }: Pick<Context, 'env'>, grant: NamedGrant): Record<string, string> {
  const child: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !KEPT_BACK.has(name)) child[name] = value;
  }
  child['BEAMD_SERVER'] = grant.server;
  child['BEAMD_TOKEN'] = grant.accessToken.reveal();
  if (grant.name !== undefined) child['BEAMD_ACCOUNT'] = grant.name;
  if (grant.scope !== undefined) child['BEAMD_SCOPE'] = grant.scope;
  return child;
}
