/** Runbeam Cloud with a user who is logged in to it, and a gateway of that user's. */
import { startHarmony, startRunbeamCloud, type Harmony, type RunbeamCloud } from '../../sandbox/testing.ts';
import type { Keep } from './cleanup.ts';
import { createCliUser, type CliUser } from './cli-user.ts';
import { logInToCloud, succeeded } from './login.ts';

export interface CloudUser {
  readonly cloud: RunbeamCloud;
  /** Each of their programs is told where the cloud is. */
  readonly user: CliUser;
}

/** A user who is logged in; `from` one like that is another, who is too. */
export async function startCloudUser(keep: Keep): Promise<CloudUser> {
  const cloud = keep(await startRunbeamCloud());
  const user = keep(createCliUser({ env: { RUNBEAM_API_URL: cloud.origin } }));
  await logInToCloud(user, cloud);
  return { cloud, user };
}

/** With a gateway of this label, which is authorized. */
export async function startAuthorized(keep: Keep, label: string): Promise<CloudUser & { readonly gateway: Harmony }> {
  const gateway = keep(await startHarmony({ version: '0.12' }));
  const { cloud, user } = await startCloudUser(keep);
  succeeded(await user.runbeam('harmony:add', `127.0.0.1:${gateway.port}`, '-l', label));
  succeeded(await user.runbeam('harmony:authorize', label, '-y'));
  return { cloud, gateway, user };
}
