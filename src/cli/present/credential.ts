/** What helpers answer, in the words of the protocols. A token is shown here, since that is what was asked for. */
import { rfc3339 } from '../../clock.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { VERSION } from '../../programs.ts';
import type { DockerAnswer } from '../../services/credential/docker.ts';
import type { GitCredential } from '../../services/credential/git.ts';
import type { KubeCredential } from '../../services/credential/kube.ts';
import { printableJson } from '../../text.ts';
import type { DockerCredentialJson, GitCredentialJson, KubeCredentialJson } from '../json/credential.ts';

/** Lines of git's protocol; empty where there is nothing to say. */
export function presentGit(answer: GitCredential | undefined): string {
  if (answer === undefined) return '';
  const expiry = answer.expiresAt === undefined ? [] : [`password_expiry_utc=${Math.floor(answer.expiresAt)}`];
  const token = answer.token.reveal();
  if (answer.kind === 'password') return [`username=${answer.username}`, `password=${token}`, ...expiry].join('\n');
  // What is short-lived is kept by no other helper.
  return ['capability[]=authtype', 'authtype=Bearer', `credential=${token}`, 'ephemeral=1', ...expiry].join('\n');
}

export function gitJson(answer: GitCredential | undefined): GitCredentialJson {
  if (answer === undefined) return {};
  const token = answer.token.reveal();
  const expiry = omitUndefined({ expires_at: rfc3339(answer.expiresAt) });
  if (answer.kind === 'password') return { username: answer.username, password: token, ...expiry };
  return { authtype: 'Bearer', credential: token, ...expiry };
}

/** What docker reads: JSON, a sentence, or nothing. */
export function presentDocker(answer: DockerAnswer): string {
  switch (answer.kind) {
    case 'refusal':
      return answer.text;
    case 'version':
      return `docker-credential-beamd (@beamd/cli) ${VERSION}`;
    case 'done':
      return '';
    case 'list':
    case 'credential':
      // The address is what the caller asked for, and no terminal is to act on it.
      return printableJson(JSON.stringify(dockerJson(answer)));
  }
}

export function dockerJson(answer: DockerAnswer): DockerCredentialJson {
  switch (answer.kind) {
    case 'credential':
      return { ServerURL: answer.serverUrl, Username: answer.username, Secret: answer.secret.reveal() };
    case 'list':
      return Object.fromEntries(answer.users);
    case 'version':
      return { version: VERSION };
    case 'done':
      return {};
    case 'refusal':
      return { refused: answer.text };
  }
}

export function kubeJson({ apiVersion, token, expiresAt }: KubeCredential): KubeCredentialJson {
  const status = omitUndefined({ token: token.reveal(), expirationTimestamp: rfc3339(expiresAt) });
  return { kind: 'ExecCredential', apiVersion: apiVersion as KubeCredentialJson['apiVersion'], status };
}

export function presentKube(credential: KubeCredential): string {
  return JSON.stringify(kubeJson(credential));
}
