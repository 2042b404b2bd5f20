/** `beamd whoami`: who acts here, for which scope. */
import { unknownScope } from '../../store/accounts/choose-scope.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Scope } from '../../store/accounts/account.ts';
import type { Context } from '../context.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from '../target/ladder.ts';
import { hasScope, serverOf, type AccountTarget } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { KnownKey } from './check-api-key.ts';

type TokenTarget = Exclude<Target, { kind: 'account' }>;

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
  const { askWhatIs } = await import('./check-api-key.ts');
  return fromToken(target, await askWhatIs(context, target));
}

function fromToken(target: TokenTarget, { workspace, session }: KnownKey): WhoamiResult {
  const server = serverOf(target).name;
  const source = target.kind === 'app-config' ? 'app_config' : 'env_token';
  const selfHosted = workspace === undefined && session === undefined;
  if (session === undefined) return omitUndefined({ server, source, selfHosted, scope: workspace?.slug });
  const { user, scope, scopes } = session;
  if (scope !== undefined && !hasScope(session, scope)) throw unknownScope({ server, kind: 'session', scopes }, scope);
  return omitUndefined({ server, source, selfHosted, user, scope, role: roleIn(scopes, scope) });
}

function roleIn(scopes: readonly Scope[], scope: string | undefined): string | undefined {
  return scopes.find(({ slug }) => slug === scope)?.role;
}

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
