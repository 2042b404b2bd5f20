/** What a `--config` file acts as: asked of the control plane of its edge. */
import { checkKeyFor, controlPlaneAt, noSuchCall } from '../../auth/control-plane.ts';
import { fetchScopes, type ScopesAnswer } from '../../auth/edge-api/scopes.ts';
import type { Workspace } from '../../auth/edge-api/workspace.ts';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Context } from '../context.ts';
import { configGrant, type ConfigTarget } from '../target/config-grant.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from '../target/ladder.ts';
import { nothingChanged } from '../waiting.ts';

/** Empty: the server is self-hosted and cannot say; nothing was checked. */
export interface KnownKey {
  /** Of an API key. */
  readonly workspace?: Workspace;
  /** Of a login, whose agent the file names. */
  readonly session?: ScopesAnswer & { readonly scope: string };
}

export interface CheckResult extends KnownKey {
  readonly path: string;
  readonly server: string;
}

type CheckContext = Pick<Context, 'agents' | 'http' | 'waiting'>;

/** The key of `input.config`. Throws `usage` without one, `bad_config`, `token_rejected`, `network` and their kin. */
export async function checkConfig(context: TargetContext & CheckContext, input: TargetInput): Promise<CheckResult> {
  const target = await resolveTarget(context, input);
  if (target.kind === 'app-config') return checkKey(context, target);
  throw new BeamError('usage', 'There is no file to check', { hint: { command: 'beamd --config app.yaml' } });
}

/** Throws `token_rejected`, `network` and their kin, and as `configGrant`. */
export async function checkKey(context: CheckContext, target: Extract<Target, { kind: 'app-config' }>): Promise<CheckResult> {
  const { server, appConfig } = target;
  const asking = { line: `Asking ${server.name} about the key`, left: nothingChanged };
  const known = await context.waiting(asking, () => whatIs(context, target, context.http(appConfig)));
  return { path: appConfig.path, server: server.name, ...known };
}

/** Gets the token and asks the server what it is of. Throws as `checkKey`. */
export async function whatIs(context: Pick<Context, 'agents'>, target: ConfigTarget, http: Http): Promise<KnownKey> {
  const { server } = target;
  const { accessToken, scope } = await configGrant(context, target);
  if (scope === undefined) {
    const { workspace } = await checkKeyFor(server, accessToken, http);
    return workspace === 'not_checked' ? {} : { workspace };
  }
  const controlPlane = await controlPlaneAt(server, http);
  const known = await fetchScopes((controlPlane ?? server).origin, accessToken, http);
  if (known === undefined && controlPlane !== undefined) throw noSuchCall(controlPlane.name, 'this login');
  return known === undefined ? {} : { session: omitUndefined({ ...known, scope }) };
}
