/**
 * `@beamd/cli/runbeam`: Runbeam Cloud for programs: its calls, the tokens of gateways on disk, and the verification of user
 * tokens.
 *
 * @packageDocumentation
 */
export { RunbeamClient, type RunbeamClientOptions, type TokenSource } from './client.ts';
export type {
  AuthorizeOptions,
  CloudClient,
  ConfigurationUpload,
  GatewayAuthorization,
  MeshToken,
  Resolution,
  UploadedConfiguration,
} from '../runbeam/cloud/client.ts';
export type { AcknowledgedChanges, Changes } from '../runbeam/cloud/changes.ts';
export type { Collection } from '../runbeam/cloud/collection.ts';
export type {
  Backend,
  Change,
  ConnectionConfig,
  Endpoint,
  Gateway,
  Pipeline,
  ResolvedResource,
  Resource,
  Service,
  Transform,
} from '../runbeam/cloud/resources.ts';
export type { CallOptions } from '../runbeam/cloud/transport.ts';
export { BeamError, type ErrorCode, type ErrorOptions, type Hint } from '../errors.ts';
export { Secret } from '../secret.ts';
export {
  authenticate,
  createVerifier,
  verifyUserToken,
  type Authenticated,
  type AuthenticateOptions,
  type IncomingRequest,
  type JwksVerifierOptions,
  type PemVerifierOptions,
  type Refusal,
  type SecretVerifierOptions,
  type Verifier,
  type VerifierOptions,
  type VerifyUserTokenOptions,
} from './verify.ts';
export type { TokenClaims } from '../auth/jwt/check-token.ts';
export type { UserClaims, VerifiedToken } from '../auth/jwt/user-token.ts';
export type { Verified } from '../auth/jwt/verifier.ts';
export { clearToken, loadToken, MachineToken, saveToken, type MachineTokenFields } from './tokens.ts';
