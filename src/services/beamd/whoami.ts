/** `beamd whoami`: who acts here, for which scope. */
import { unknownScope } from '../../store/accounts/choose-scope.ts';
import { BeamError } from '../../errors.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Scope } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from '../target/ladder.ts';
import { hasScope, type AccountTarget } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { nothingChanged } from '../waiting.ts';

export interface WhoamiResult {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  /** `account`: a login of this machine. `env_token`: BEAMD_TOKEN. `app_config`: the file of `--config`. */
  readonly source: 'account' | 'env_token' | 'app_config';
  readonly user?: string;
  /** The scope acted for. */
  readonly scope?: string;
  readonly role?: string;
  /** A self-hosted server knows no users and no scopes. */
  readonly selfHosted: boolean;
}

/** Asks the server only where nothing is stored here. Throws as `resolveTarget`, `unknown_scope`, `token_rejected`, `network`. */
export async function whoami(
  context: TargetContext & Pick<Context, 'agents' | 'http' | 'waiting'>,
  input: TargetInput,
): Promise<WhoamiResult> {
  const target = await resolveTarget(context, { ...input, reads: true });
  if (target.kind === 'account') return fromAccount(target);
  if (target.kind === 'env-token') return fromToken(context, target);
  const { checkKey } = await import('./check-api-key.ts');
  const { server, workspace, session } = await checkKey(context, target);
  const source = 'app_config' as const;
  if (session === undefined)
    return omitUndefined({ server, source, selfHosted: workspace === undefined, scope: workspace?.slug });
  const { user, scope, scopes } = session;
  return omitUndefined({ server, source, selfHosted: false, user, scope, role: roleIn(scopes, scope) });
}

function roleIn(scopes: readonly Scope[], scope: string | undefined): string | undefined {
  return scopes.find(({ slug }) => slug === scope)?.role;
}

type EnvToken = Extract<Target, { kind: 'env-token' }>;

function fromAccount({ account, scope: chosen }: AccountTarget): WhoamiResult {
  const scope = chosen?.value;
  // No token is given for a scope that the account does not have, so nobody acts for it.
  if (scope !== undefined && !hasScope(account, scope)) throw unknownScope(account, scope);
  const role = roleIn(account.scopes, scope);
  return omitUndefined({
    server: account.server,
    name: account.name,
    source: 'account',
    selfHosted: account.kind === 'token',
    user: account.user,
    scope,
    role,
  });
}

function fromToken(context: Pick<Context, 'http' | 'waiting'>, target: EnvToken): Promise<WhoamiResult> {
  const line = `Asking ${target.server.value.name} whose token BEAMD_TOKEN is`;
  return context.waiting({ line, left: nothingChanged }, () => askAboutToken(context, target));
}

async function askAboutToken(context: Pick<Context, 'http'>, target: EnvToken): Promise<WhoamiResult> {
  const server = target.server.value;
  const base = { server: server.name, source: 'env_token' as const };
  const [{ fetchScopes }, { controlPlaneAt, noSuchCall }] = await Promise.all([
    import('../../auth/edge-api/scopes.ts'),
    import('../../auth/control-plane.ts'),
  ]);
  const http = context.http();
  const controlPlane = await controlPlaneAt(server, http);
  const known = await fetchScopes((controlPlane ?? server).origin, target.token, http).catch(async (error: unknown) => {
    if (!(error instanceof BeamError) || error.code !== 'token_rejected') throw error;
    const { FOR_VARIABLE: hint } = await import('../token/wishes.ts');
    throw new BeamError('token_rejected', `${server.name} rejected the token of BEAMD_TOKEN`, { hint, cause: error });
  });
  if (known === undefined && controlPlane !== undefined) throw noSuchCall(controlPlane.name, 'the token of BEAMD_TOKEN');
  if (known === undefined) return { ...base, selfHosted: true };
  const scope = target.scope?.value ?? known.scopes[0]?.slug;
  const role = roleIn(known.scopes, scope);
  return omitUndefined({
    ...base,
    selfHosted: false,
    user: known.user,
    scope,
    role,
  });
}
