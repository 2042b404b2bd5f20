/** What an API key of `--config` is: asked of the edge. */
import { checkApiKey } from '../../auth/edge-api/workspace.ts';
import { BeamError } from '../../errors.ts';
import type { AppConfig } from '../../store/config/app-config.ts';
import type { Server } from '../../store/server.ts';
import type { Context } from '../context.ts';
import { findTarget, type TargetFlags } from '../target/target.ts';

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

/** Throws `usage` without `--config`, `bad_config`, `token_rejected`, `network` and their kin. */
export async function checkConfig(flags: TargetFlags, context: Context): Promise<CheckResult> {
  const target = await findTarget(flags, context);
  if (target.kind === 'app-config') return checkKey(target.server, target.appConfig, context);
  throw new BeamError('usage', 'There is no file to check', { hint: { command: 'beamd --config app.yaml' } });
}

/** Throws `token_rejected`, `network` and their kin. */
export async function checkKey(server: Server, appConfig: AppConfig, context: Context): Promise<CheckResult> {
  const http = context.http({ insecureSkipVerify: appConfig.insecureSkipVerify });
  const workspace = await checkApiKey(server.origin, appConfig.token, http);
  const base = { path: appConfig.path, server: server.name };
  return workspace === 'not_checked' ? base : { ...base, workspace };
}
