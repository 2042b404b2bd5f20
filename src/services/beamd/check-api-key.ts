/** What an API key of `--config` is: asked of the control plane of its edge. */
import { checkKeyFor } from '../../auth/control-plane.ts';
import { BeamError } from '../../errors.ts';
import type { Context } from '../context.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from '../target/ladder.ts';
import { nothingChanged } from '../waiting.ts';

export interface CheckResult {
  readonly path: string;
  readonly server: string;
  /** Absent: the server is self-hosted and cannot say; the key was not checked. */
  readonly workspace?: {
    readonly slug: string;
    readonly name: string;
    readonly provisioned: boolean;
    readonly exampleUrl?: string;
  };
}

/** The key of `input.config`. Throws `usage` without one, `bad_config`, `token_rejected`, `network` and their kin. */
export async function checkConfig(
  context: TargetContext & Pick<Context, 'http' | 'waiting'>,
  input: TargetInput,
): Promise<CheckResult> {
  const target = await resolveTarget(context, input);
  if (target.kind === 'app-config') return checkKey(context, target);
  throw new BeamError('usage', 'There is no file to check', { hint: { command: 'beamd --config app.yaml' } });
}

/** Throws `token_rejected`, `network` and their kin. */
export async function checkKey(
  context: Pick<Context, 'http' | 'waiting'>,
  { server, appConfig }: Extract<Target, { kind: 'app-config' }>,
): Promise<CheckResult> {
  const http = context.http(appConfig);
  const asking = { line: `Asking ${server.name} about the key`, left: nothingChanged };
  const { workspace } = await context.waiting(asking, () => checkKeyFor(server, appConfig.token, http));
  const base = { path: appConfig.path, server: server.name };
  return workspace === 'not_checked' ? base : { ...base, workspace };
}
