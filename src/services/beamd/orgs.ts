/** `beamd orgs`: what the account may act for. */
import type { Scope } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';
import { accountTarget, findTarget, hasOrg, serverOf, type TargetFlags } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface OrgsResult {
  readonly server: string;
  readonly user?: string;
  /** A self-hosted server has no orgs. */
  readonly selfHosted: boolean;
  readonly orgs: readonly Scope[];
  readonly defaultScope?: string;
  /** The default is not among the orgs any more. */
  readonly staleDefault: boolean;
  /** The org that commands act for here, by the ladder. */
  readonly active?: string;
}

/** Throws as `resolveTarget`; with `refresh` also as `Agent.refreshScopes`. */
export async function orgs(flags: TargetFlags & { readonly refresh: boolean }, context: Context): Promise<OrgsResult> {
  if (flags.config !== undefined) return orgsOfKey(flags, context);
  const { account, scope } = await accountTarget(flags, context, 'beamd orgs');
  const selfHosted = account.kind === 'token';
  const fresh = flags.refresh && !selfHosted ? await refreshOrgs(account.key, context) : account;
  const { user, scopes } = fresh;
  const { defaultScope } = account;
  return omitUndefined({
    server: account.server,
    selfHosted,
    orgs: scopes,
    staleDefault: !selfHosted && defaultScope !== undefined && !hasOrg({ scopes }, defaultScope),
    user,
    defaultScope,
    ...(scope === undefined || selfHosted ? {} : { active: scope.value }),
  });
}

async function refreshOrgs(key: string, { agents }: Context): Promise<{ user?: string; scopes: readonly Scope[] }> {
  const agent = await agents.open({ key });
  try {
    return await agent.refreshScopes();
  } finally {
    agent.close();
  }
}

/** An API key of `--config` belongs to one org, which only the server can tell. */
async function orgsOfKey(flags: TargetFlags, context: Context): Promise<OrgsResult> {
  const target = await findTarget(flags, context);
  const base = { server: serverOf(target).name, selfHosted: true, orgs: [], staleDefault: false };
  if (target.kind !== 'app-config') return base;
  const http = context.http({ insecureSkipVerify: target.appConfig.insecureSkipVerify });
  const { checkApiKey } = await import('../../auth/edge-api/workspace.ts');
  const workspace = await checkApiKey(target.server.origin, target.appConfig.token, http);
  if (workspace === 'not_checked') return base;
  return { ...base, selfHosted: false, orgs: [{ slug: workspace.slug }], active: workspace.slug };
}
