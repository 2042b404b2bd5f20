/** `beamd orgs`: the scopes that the account may act for. */
import { withAgent } from '../../agent/client/with-agent.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Account, Scope } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from '../target/ladder.ts';
import { hasScope, serverOf, type AccountTarget } from '../target/target.ts';
import { fitsFilter } from '../../matching.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { printable } from '../../text.ts';
import type { Left } from '../waiting.ts';

type OrgsContext = TargetContext & Pick<Context, 'notify' | 'agents' | 'http' | 'waiting'>;

export interface OrgsInput extends TargetInput {
  /** Ask the edge again. */
  readonly refresh: boolean;
  /** Only those whose names have all its words somewhere. */
  readonly filter?: string | undefined;
}

export interface OrgsResult {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  readonly user?: string;
  /** A self-hosted server has no scopes. */
  readonly selfHosted: boolean;
  readonly scopes: readonly Scope[];
  /** What the scopes were filtered by. */
  readonly filter?: string;
  readonly defaultScope?: string;
  /** The default is not among the scopes any more. */
  readonly staleDefault: boolean;
  /** The scope that commands act for here, by the ladder. */
  readonly active?: string;
}

/** Asks the server where no account says. Throws as `resolveTarget` and `askWhatIs`; with `refresh` also as `Agent.refreshScopes`. */
export async function orgs(context: OrgsContext, input: OrgsInput): Promise<OrgsResult> {
  const { filter } = input;
  const target = await resolveTarget(context, { ...input, reads: !input.refresh });
  const all = target.kind === 'account' ? await scopesOfAccount(context, target, input) : await scopesOfToken(context, target);
  if (filter === undefined || all.selfHosted) return all;
  const scopes = all.scopes.filter(({ slug }) => fitsFilter(slug, filter));
  if (scopes.length === 0) {
    context.notify(`None of your ${all.scopes.length} orgs on ${all.server} has "${printable(filter)}" in its name`);
  }
  return { ...all, scopes, filter };
}

async function scopesOfAccount(
  context: OrgsContext,
  { account, scope }: AccountTarget,
  { refresh }: OrgsInput,
): Promise<OrgsResult> {
  const selfHosted = account.kind === 'token';
  const fresh = refresh && !selfHosted ? await refreshScopes(context, account) : account;
  const { user, scopes } = fresh;
  const { defaultScope } = account;
  return omitUndefined({
    server: account.server,
    name: account.name,
    selfHosted,
    scopes,
    staleDefault: !selfHosted && defaultScope !== undefined && !hasScope({ scopes }, defaultScope),
    user,
    defaultScope,
    active: selfHosted ? undefined : scope?.value,
  });
}

const notAsked = (): Left => ({
  message: 'the list of your orgs here is as it was, unless the agent still brings it up to date',
});

function refreshScopes(
  { agents, waiting }: OrgsContext,
  { key, server }: Pick<Account, 'key' | 'server'>,
): Promise<{ readonly user?: string; readonly scopes: readonly Scope[] }> {
  return waiting({ line: `Asking ${server} for your orgs`, left: notAsked }, () =>
    withAgent(agents.open({ key }), (agent) => agent.refreshScopes()),
  );
}

/** An API key belongs to one scope, a session to several: only the server can tell. */
async function scopesOfToken(context: OrgsContext, target: Exclude<Target, { kind: 'account' }>): Promise<OrgsResult> {
  const { askWhatIs } = await import('./check-api-key.ts');
  const { workspace, session } = await askWhatIs(context, target);
  const base = { server: serverOf(target).name, selfHosted: false, staleDefault: false };
  if (session !== undefined) {
    const { scopes, scope, user } = session;
    return omitUndefined({ ...base, scopes, active: scope, user });
  }
  if (workspace === undefined) return { ...base, selfHosted: true, scopes: [] };
  return { ...base, scopes: [{ slug: workspace.slug }], active: workspace.slug };
}
