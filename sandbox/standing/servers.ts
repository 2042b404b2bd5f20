/** What `npm run sandbox` leaves running: the usual servers, and those that are met less often. */
import { manyOrgs } from '../fixtures.ts';
import { startBeamAuthEdge, type BeamAuthEdge } from '../beam-auth-edge.ts';
import { startHarmony, type Harmony } from '../harmony.ts';
import { startSandbox, type Sandbox } from '../index.ts';
import { startSelfHostedEdge, type SelfHostedEdge } from '../self-hosted-edge.ts';

export interface Standing extends Sandbox {
  /** A gateway of a version that takes no tokens, 0.4. `harmony` is of one that does, 0.12. */
  readonly oldHarmony: Harmony;
  /** A hosted edge where Alice has 500 orgs. */
  readonly manyOrgs: BeamAuthEdge;
  /** Where people log in for `apartEdge`, which is another server. */
  readonly apart: BeamAuthEdge;
  readonly apartEdge: SelfHostedEdge;
}

/** @param autoApprove - every login is approved by itself after a moment */
export async function startStanding(autoApprove: boolean): Promise<Standing> {
  const approval = { autoApprove };
  const apartEdge = await startSelfHostedEdge();
  const [sandbox, many, apart] = await Promise.all([
    startSandbox({ beamAuth: approval, oauth: approval, cloud: approval, harmony: { version: '0.12' } }),
    startBeamAuthEdge({ ...approval, orgs: manyOrgs(500) }),
    startBeamAuthEdge({ ...approval, edge: apartEdge.origin }),
  ]);
  const oldHarmony = await startHarmony({ cloud: sandbox.cloud.origin, version: '0.4' });
  const close = async (): Promise<void> => {
    await Promise.all([sandbox, many, apart, apartEdge, oldHarmony].map((server) => server.close()));
  };
  return { ...sandbox, manyOrgs: many, apart, apartEdge, oldHarmony, close };
}
