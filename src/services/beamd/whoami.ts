/** `beamd whoami`: who acts here, for which org. */
import { fetchScopes } from '../../auth/scopes.ts';
import type { Context } from '../context.ts';
import type { Target } from '../resolve.ts';
import { checkKey } from './check.ts';
import { findTarget, type AccountTarget, type TargetFlags } from './target.ts';

export interface WhoamiResult {
  readonly server: string;
  /** `account`: a login of this machine. `env_token`: BEAMD_TOKEN. `app_config`: the file of `--config`. */
  readonly source: 'account' | 'env_token' | 'app_config';
  readonly user?: string;
  /** The org acted for. */
  readonly scope?: string;
  readonly role?: string;
  /** A self-hosted server knows no users and no orgs. */
  readonly selfHosted: boolean;
}

/** Asks the server only where nothing is stored here. Throws as `resolveTarget`, `token_rejected`, `network`. */
export async function whoami(flags: TargetFlags, context: Context): Promise<WhoamiResult> {
  const target = await findTarget(flags, context);
  if (target.kind === 'account') return fromAccount(target);
  if (target.kind === 'env-token') return fromToken(target, context);
  const { server, workspace } = await checkKey(target.server, target.appConfig, context);
  const base = { server, source: 'app_config' as const, selfHosted: workspace === undefined };
  return workspace === undefined ? base : { ...base, scope: workspace.slug };
}

function fromAccount({ account, scope: chosen }: AccountTarget): WhoamiResult {
  const scope = chosen?.value;
  const role = account.scopes.find(({ slug }) => slug === scope)?.role;
  return {
    server: account.server,
    source: 'account',
    selfHosted: account.kind === 'token',
    ...(account.user === undefined ? {} : { user: account.user }),
    ...(scope === undefined ? {} : { scope }),
    ...(role === undefined ? {} : { role }),
  };
}

async function fromToken(target: Extract<Target, { kind: 'env-token' }>, context: Context): Promise<WhoamiResult> {
  const server = target.server.value;
  const base = { server: server.name, source: 'env_token' as const };
  const known = await fetchScopes(server.origin, target.token, context.http());
  if (known === undefined) return { ...base, selfHosted: true };
  const scope = target.scope?.value ?? known.scopes[0]?.slug;
  const role = known.scopes.find(({ slug }) => slug === scope)?.role;
  return {
    ...base,
    selfHosted: false,
    ...(known.user === undefined ? {} : { user: known.user }),
    ...(scope === undefined ? {} : { scope }),
    ...(role === undefined ? {} : { role }),
  };
}
