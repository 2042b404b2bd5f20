/** What a token is that is of no account here: of a `--config` file, or of `BEAMD_TOKEN`. The control plane of its edge is asked. */
import { controlPlaneAt, noSuchCall, whatTokenIs, type KnownToken } from '../../auth/control-plane.ts';
import { fetchScopes, type ScopesAnswer } from '../../auth/edge-api/scopes.ts';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Secret } from '../../secret.ts';
import type { Server } from '../../store/server.ts';
import type { Context } from '../context.ts';
import { configGrant, type ConfigTarget } from '../target/config-grant.ts';
import { warnOfPassedScope } from '../target/environment-token.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from '../target/ladder.ts';
import { FOR_VARIABLE } from '../token/wishes.ts';
import { nothingChanged } from '../waiting.ts';

/** Empty: the server is self-hosted and cannot say; nothing was checked. */
export interface KnownKey extends Pick<KnownToken, 'workspace'> {
  /** Of a session, and the org that it acts for. */
  readonly session?: ScopesAnswer & { readonly scope?: string };
}

export interface CheckResult extends KnownKey {
  readonly path: string;
  readonly server: string;
  /** The file has no token, but names an agent. */
  readonly byAgent?: true;
}

/** Whose token is asked about. */
export type TokenTarget =
  | ({ readonly kind: 'app-config' } & ConfigTarget)
  | Pick<Extract<Target, { kind: 'env-token' }>, 'kind' | 'server' | 'token' | 'scope'>;

type CheckContext = Pick<Context, 'agents' | 'http' | 'waiting' | 'warn'>;

/** The key of `input.config`. Throws `usage` without one, `bad_config`, and as `askWhatIs`. */
export async function checkConfig(context: TargetContext & CheckContext, input: TargetInput): Promise<CheckResult> {
  const target = await resolveTarget(context, input);
  if (target.kind !== 'app-config') {
    throw new BeamError('usage', 'There is no file to check', { hint: { command: 'beamd --config app.yaml' } });
  }
  const { path, key } = target.appConfig;
  const known = await askWhatIs(context, target);
  return { path, server: target.server.name, ...('agentSocket' in key ? { byAgent: true } : {}), ...known };
}

/** `whatIs`, while the user is told what is waited for, and of an org that was named and is not the one of an API key. */
export async function askWhatIs(context: CheckContext, target: Exclude<Target, { kind: 'account' }>): Promise<KnownKey> {
  const [line, http] =
    target.kind === 'app-config'
      ? [`Asking ${target.server.name} about the key`, context.http(target.appConfig)]
      : [`Asking ${target.server.value.name} whose token BEAMD_TOKEN is`, context.http()];
  const known = await context.waiting({ line, left: nothingChanged }, () => whatIs(context, target, http));
  if (target.kind === 'env-token') warnOfPassedScope(context, target.passedScope, known.workspace?.slug);
  return known;
}

/** Gets the token and asks the server what it is. Throws `token_rejected`, `network` and their kin, and as `configGrant`. */
export async function whatIs(context: Pick<Context, 'agents'>, target: TokenTarget, http: Http): Promise<KnownKey> {
  if (target.kind === 'env-token') return ofVariable(target, http);
  const { server } = target;
  const { accessToken, scope } = await configGrant(context, target);
  // Only an agent knows the org: its token is of a session.
  if (scope !== undefined) return ofSession(server, accessToken, scope, http);
  return withScope(await whatTokenIs(server, accessToken, http, 'API keys'), undefined);
}

async function ofVariable({ server, token, scope }: Extract<TokenTarget, { kind: 'env-token' }>, http: Http): Promise<KnownKey> {
  const called = 'the token of BEAMD_TOKEN';
  try {
    return withScope(await whatTokenIs(server.value, token, http, called), scope?.value);
  } catch (error) {
    if (!(error instanceof BeamError) || error.code !== 'token_rejected') throw error;
    throw new BeamError('token_rejected', `${server.value.name} rejected ${called}`, { hint: FOR_VARIABLE, cause: error });
  }
}

/** A session acts for the org that is named, else for its first one; an API key for its own, whatever is named. */
function withScope({ workspace, session }: KnownToken, named: string | undefined): KnownKey {
  if (session === undefined) return omitUndefined({ workspace });
  return { session: omitUndefined({ ...session, scope: named ?? session.scopes[0]?.slug }) };
}

async function ofSession(server: Server, token: Secret, scope: string, http: Http): Promise<KnownKey> {
  const controlPlane = await controlPlaneAt(server, http);
  const known = await fetchScopes((controlPlane ?? server).origin, token, http);
  if (known === undefined && controlPlane !== undefined) throw noSuchCall(controlPlane.name, 'this login');
  return known === undefined ? {} : { session: { ...known, scope } };
}
