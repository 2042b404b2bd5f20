import * as v from 'valibot';
import { accountName } from './account.ts';
import { timeSchema } from './parts/values.ts';

/** What git is told; empty where there is nothing to say. A user name and a password, or a scheme of authentication and its value. */
export const gitCredentialSchema = v.object({
  username: v.optional(v.string()),
  password: v.optional(v.string()),
  authtype: v.optional(v.literal('Bearer')),
  credential: v.optional(v.string()),
  expires_at: v.optional(timeSchema),
});

/** As docker's helpers have it: of `get`; of `list`, user names by address; of `version`; of the others; and what is refused. */
export const dockerCredentialSchema = v.union([
  v.strictObject({ ServerURL: v.string(), Username: v.string(), Secret: v.string() }),
  v.strictObject({ version: v.string() }),
  v.strictObject({ refused: v.string() }),
  v.record(v.string(), v.string()),
]);

/** As Kubernetes has it. */
export const kubeCredentialSchema = v.object({
  kind: v.literal('ExecCredential'),
  apiVersion: v.picklist(['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1']),
  status: v.object({ token: v.string(), expirationTimestamp: v.optional(timeSchema) }),
});

/** Of `setup`, which has a program ask a helper. */
export const setupSchema = v.object({
  program: v.picklist(['git', 'docker', 'kube']),
  server: v.string(),
  account: accountName,
  /** The file, or the command that changes it. */
  place: v.string(),
  /** What stands there, or stood there. */
  lines: v.array(v.string()),
  /** `there`: nothing had to be written. `absent`: there was nothing to remove. */
  outcome: v.picklist(['written', 'there', 'removed', 'absent']),
  /** A command that puts it to use. */
  next: v.optional(v.string()),
});

export type GitCredentialJson = v.InferOutput<typeof gitCredentialSchema>;
export type DockerCredentialJson = v.InferOutput<typeof dockerCredentialSchema>;
export type KubeCredentialJson = v.InferOutput<typeof kubeCredentialSchema>;
export type SetupJson = v.InferOutput<typeof setupSchema>;
