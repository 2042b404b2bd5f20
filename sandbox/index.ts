/** Every server of the sandbox, started together. */
import { startBeamAuthEdge, type BeamAuthEdge, type BeamAuthOptions } from './beam-auth-edge.ts';
import { startHarmony, type Harmony, type HarmonyOptions } from './harmony.ts';
import { startOAuthEdge, type OAuthEdge, type OAuthOptions } from './oauth-edge.ts';
import { startRunbeamCloud, type RunbeamCloud, type RunbeamCloudOptions } from './runbeam-cloud.ts';
import { startSelfHostedEdge, type SelfHostedEdge } from './self-hosted-edge.ts';
import type { ListenOptions } from './server/listen.ts';

export interface SandboxOptions {
  readonly beamAuth?: BeamAuthOptions;
  readonly oauth?: OAuthOptions;
  readonly selfHosted?: ListenOptions;
  readonly cloud?: RunbeamCloudOptions;
  readonly harmony?: HarmonyOptions;
}

export interface Sandbox {
  readonly beamAuth: BeamAuthEdge;
  readonly oauth: OAuthEdge;
  readonly selfHosted: SelfHostedEdge;
  readonly cloud: RunbeamCloud;
  /** Asks `cloud`, unless the options name another. */
  readonly harmony: Harmony;
  close(): Promise<void>;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const [beamAuth, oauth, selfHosted, cloud] = await Promise.all([
    startBeamAuthEdge(options.beamAuth),
    startOAuthEdge(options.oauth),
    startSelfHostedEdge(options.selfHosted),
    startRunbeamCloud(options.cloud),
  ]);
  const harmony = await startHarmony({ cloud: cloud.origin, ...options.harmony });
  const all = [beamAuth, oauth, selfHosted, cloud, harmony];
  const close = async (): Promise<void> => {
    await Promise.all(all.map((server) => server.close()));
  };
  return { beamAuth, oauth, selfHosted, cloud, harmony, close };
}
