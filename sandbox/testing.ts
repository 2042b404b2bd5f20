/** What integration tests need: a temporary home, the built bins as child processes, approvals, and no agent left. */
export { decideByCode, decideByUrl, type Approver } from './testing/approve.ts';
export { cleanEnv } from './testing/home.ts';
export { allNames, NAMES } from './testing/all-names.ts';
export { backgroundIn, endProcesses, isProgram, PROC, processesIn, type RunningProcess } from './testing/processes.ts';
export {
  binCommand,
  builtPrograms,
  PACKAGE_ROOT,
  runBin,
  STANDALONE_BIN,
  startBin,
  type BinName,
  type ProgramName,
  type RunningBin,
  type RunOptions,
  type RunResult,
} from './testing/run-bin.ts';
export { startBeamAuthEdge, type BeamAuthEdge, type BeamAuthOptions } from './beam-auth-edge.ts';
export { startHarmony, type Harmony, type HarmonyOptions } from './harmony.ts';
export { startOAuthEdge, type OAuthEdge, type OAuthOptions } from './oauth-edge.ts';
export { startRunbeamCloud, type RunbeamCloud, type RunbeamCloudOptions } from './runbeam-cloud.ts';
export { startSelfHostedEdge, type SelfHostedEdge } from './self-hosted-edge.ts';
export { startSandbox, type Sandbox, type SandboxOptions } from './index.ts';
export { manyOrgs } from './fixtures.ts';
export type { Refresh } from './server/listen.ts';
export type { Fault, Faults } from './server/faults.ts';
