declare const inspectCustom: unique symbol;
/**
 * A string that must not be shown. Printing, serialising, interpolating or inspecting it gives `[redacted]`;
 * only `reveal()` gives the value, so every place that uses it can be found by that name.
 */
declare class Secret {
  #private;
  constructor(value: string);
  reveal(): string;
  equals(other: Secret): boolean;
  toString(): string;
  toJSON(): string;
  [inspectCustom](): string;
}
/**
 * The shape of every network call. `src/net/http-client.ts` implements it over node:https; tests may pass their own.
 * No redirect is ever followed; every call has a deadline and a size cap.
 */
interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as is; `json` and `form` set the content type. At most one of the three. */
  readonly body?: string;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** Sent as `Authorization: Bearer`. */
  readonly bearer?: Secret;
  /** Milliseconds for the whole exchange. Default 15,000. */
  readonly deadline?: number;
  /**
   * What this request does cannot be done again: the deadline is for reaching the server, and once it may have the request its
   * answer is waited for however long it takes.
   */
  readonly once?: true;
  /** Bytes of the answer that are read at most. Default 1 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  /** Its path has a secret in it: whoever tells of the request leaves the path out. */
  readonly secretPath?: true;
}
interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}
/**
 * Makes one request. Any status resolves; what never arrived rejects with a BeamError:
 * `network` (unreachable, TLS, reset), `timeout`, `bad_answer` (too large), `insecure_transport` (plain http off
 * loopback), `interrupted` (the caller's signal). The message names the host and never holds a URL's credentials.
 */
type Http = (request: HttpRequest) => Promise<HttpResponse>;
/** The `fetch` of a runtime, or what takes its place. */
type Fetch = typeof globalThis.fetch;
/** Time, passed in everywhere so that a test can own it. */
interface Clock {
  /** Wall clock, milliseconds since 1970. */
  now(): number;
  /** Milliseconds on a clock that only goes forward, from any start. */
  elapsed(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
type Text = string | null | undefined;
type Flag = boolean | null | undefined;
type Count = number | null | undefined;
type Texts = readonly string[] | null | undefined;
/** What everything that is kept has. Times are RFC 3339. Members that are not listed are there as they were sent. */
interface Resource {
  readonly id: string;
  readonly type?: Text;
  readonly code?: Text;
  readonly name?: Text;
  readonly team_id?: Text;
  readonly created_at?: Text;
  readonly updated_at?: Text;
  readonly [member: string]: unknown;
}
/** Where a peer or a target is. */
interface ConnectionConfig {
  readonly host?: Text;
  readonly port?: Count;
  readonly protocol?: Text;
  readonly base_path?: Text;
}
/** A gateway of a team. */
interface Gateway extends Resource {
  readonly enabled?: Flag;
  readonly pipelines_path?: Text;
  readonly transforms_path?: Text;
  readonly jwks_cache_duration_hours?: Count;
  readonly management_enabled?: Flag;
  readonly management_base_path?: Text;
  readonly management_network_id?: Text;
  readonly dns?: Texts;
  readonly settings?: unknown;
}
/** A service of a gateway. */
interface Service extends Resource {
  readonly gateway_id?: Text;
  readonly description?: Text;
}
/** Where requests come in. */
interface Endpoint extends Resource {
  readonly gateway_id?: Text;
  readonly service_id?: Text;
  readonly peer_ref?: Text;
  readonly connection?: ConnectionConfig | null | undefined;
  readonly authentication?: Text;
  readonly path?: Text;
  readonly methods?: Texts;
  readonly description?: Text;
  readonly options?: unknown;
}
/** Where requests go. */
interface Backend extends Resource {
  readonly gateway_id?: Text;
  readonly service_id?: Text;
  readonly target_ref?: Text;
  readonly connection?: ConnectionConfig | null | undefined;
  readonly authentication?: Text;
  readonly url?: Text;
  readonly timeout_seconds?: Count;
  readonly max_retries?: Count;
  readonly description?: Text;
  readonly options?: unknown;
}
/** The way from endpoints to backends. */
interface Pipeline extends Resource {
  readonly gateway_id?: Text;
  readonly description?: Text;
  readonly networks?: Texts;
  readonly endpoints?: unknown;
  readonly backends?: unknown;
  readonly middleware?: unknown;
}
/** A transform that pipelines name. */
interface Transform extends Resource {
  readonly gateway_id?: Text;
  readonly options?: {
    readonly instructions?: Text;
  } | null | undefined;
}
/** A change of the configuration that a gateway is to make. What comes after `pipeline_id` is there when one is asked for. */
interface Change extends Resource {
  readonly status?: Text;
  readonly gateway_id?: Text;
  readonly pipeline_id?: Text;
  /** TOML. */
  readonly toml_config?: Text;
  readonly metadata?: unknown;
  readonly acknowledged_at?: Text;
  readonly applied_at?: Text;
  readonly failed_at?: Text;
  readonly error_message?: Text;
  readonly error_details?: unknown;
}
/** What a reference such as `runbeam.acme.ingress.name.patient_api` stands for. */
interface ResolvedResource extends Resource {
  readonly enabled?: Flag;
  readonly gateway_id?: Text;
  readonly pipeline_id?: Text;
  readonly mesh_id?: Text;
  readonly urls?: Texts;
  readonly protocol?: Text;
  readonly mode?: Text;
  readonly backend_id?: Text;
  readonly service_id?: Text;
  readonly endpoint_id?: Text;
  readonly description?: Text;
  readonly provider?: Text;
  readonly auth_type?: Text;
}
/** Every way a command can fail. Never branch on a message: branch on this. */
type ErrorCode = 'usage' | 'bad_config' | 'bad_file' | 'bad_server' | 'bad_key' | 'no_server' | 'not_found' | 'login_required' | 'session_ended' | 'token_rejected' | 'locked' | 'wrong_passphrase' | 'access_denied' | 'expired_token' | 'no_device_login' | 'network' | 'timeout' | 'server_error' | 'bad_answer' | 'unknown_scope' | 'insecure_transport' | 'unsafe_path' | 'secret_in_project' | 'forbidden' | 'not_delivered' | 'program_not_runnable' | 'program_not_found' | 'interrupted' | 'storage' | 'storage_full' | 'decrypt_failed' | 'busy' | 'agent_unavailable' | 'agent_outdated' | 'failed';
/** The next step: an exact command to type, or words where no command can say it. Without a full stop. */
type Hint = {
  readonly command: string;
} | {
  readonly text: string;
};
interface ErrorOptions {
  /** What to do next. */
  readonly hint?: Hint | undefined;
  /** What was caught. Kept for debuggers; never printed, never logged, never sent. */
  readonly cause?: unknown;
  /** The HTTP status of the answer that is the reason. */
  readonly status?: number;
  /** Seconds after which the server wants to be asked again; brought into 1 to 3,600. */
  readonly retryAfter?: number;
  /** Unix seconds: the moment that the message tells as `at`, and RFC 3339. Default: that of a `cause` of ours. */
  readonly at?: number | undefined;
}
/**
 * An error a user may read: `message` says what happened, `hint` says what to type next.
 * Neither ever holds a secret or a third party's text.
 */
declare class BeamError extends Error {
  readonly name = "BeamError";
  readonly code: ErrorCode;
  readonly hint: Hint | undefined;
  /** Seconds, 1 to 3,600: not before then, says the server. For whoever tries again; never printed. */
  readonly retryAfter: number | undefined;
  /** The HTTP status of the answer that is the reason, if one is. For programs; the message says it where it matters. */
  readonly status: number | undefined;
  /** Unix seconds: the moment that the message tells as `at`, and RFC 3339. What a person reads has it by that person's clock. */
  readonly at: number | undefined;
  constructor(code: ErrorCode, message: string, options?: ErrorOptions);
  /** What `--json` prints under `error`. */
  toJSON(): {
    code: ErrorCode;
    message: string;
    hint?: string;
  };
}
/** What every call may be given. */
interface CallOptions {
  /** Ends the call, which then throws `interrupted`. */
  readonly signal?: AbortSignal | undefined;
}
/** What calls are made with. */
interface CloudDeps {
  readonly http: Http;
  /** As `parseApiUrl` gives it. */
  readonly apiUrl: string;
  /** What `baseUrl` gave before: the cloud is not asked for it. */
  readonly baseUrl?: string | undefined;
  /**
   * The token of a call, asked for each: a JWT, a Sanctum token or a machine token. It is passed on as it is. Asked again, with the
   * one that was `refused`, where the cloud did not take that (401): another one is tried, once.
   */
  readonly token: (refused?: Secret) => Secret | Promise<Secret>;
  /** What is thrown where the cloud refuses the token. Default: what tells a user to log in again. */
  readonly rejected?: (() => BeamError) | undefined;
  readonly clock: Pick<Clock, 'sleep'>;
  /** How often a call that only reads is made again. Default 2. */
  readonly retries?: number | undefined;
  /** 0 to 1, for the pauses between them. */
  readonly random?: () => number;
}
/** Which changes were noted as received, and which could not be. */
interface AcknowledgedChanges {
  readonly acknowledged: readonly string[];
  readonly failed: readonly string[];
}
/** Calls about changes. Each throws what every call throws. */
interface Changes {
  /** Those that wait: of one gateway, else of all that the token is for. In a list they have no configuration. */
  list(options?: CallOptions & {
    readonly gatewayId?: string | undefined;
  }): AsyncIterable<Change>;
  /** One, with its configuration. */
  get(id: string, options?: CallOptions): Promise<Change>;
  /** Says that changes were received. */
  acknowledge(ids: readonly string[], options?: CallOptions): Promise<AcknowledgedChanges>;
  /** Says that a change was made. */
  applied(id: string, options?: CallOptions): Promise<void>;
  /** Says that a change could not be made, and why. */
  failed(id: string, why: {
    readonly error: string;
    readonly details?: readonly string[];
  }, options?: CallOptions): Promise<void>;
}
/** One kind of what the cloud keeps. */
interface Collection<T> {
  /**
   * All of them, for `for await`. A page is asked for when its first is wanted, and whoever stops asks for no more. Throws,
   * while it is read, what every call throws.
   */
  list(options?: CallOptions): AsyncIterable<T>;
  /** The one with this id. Throws `not_found`, and what every call throws. */
  get(id: string, options?: CallOptions): Promise<T>;
}
/** A gateway's machine token, and what the cloud says with it. */
interface GatewayAuthorization {
  readonly machineToken: Secret;
  /** Seconds that it is valid, from when it was issued. */
  readonly expiresIn?: number;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly gateway: {
    readonly id: string;
    readonly code: string;
    readonly name: string;
  };
  readonly authorizedBy?: {
    readonly name: string;
    readonly email: string;
  };
  readonly abilities: readonly string[];
}
/** What may be said of the machine that is authorized. */
interface AuthorizeOptions extends CallOptions {
  readonly machinePublicKey?: string;
  readonly metadata?: readonly string[];
}
/** A configuration that a gateway has. */
interface ConfigurationUpload {
  readonly type: 'gateway' | 'pipeline' | 'transform' | 'mesh';
  /** Of what it replaces; absent: it is new. */
  readonly id?: string;
  /** TOML. */
  readonly config: string;
}
/** What became of a configuration. */
interface UploadedConfiguration {
  readonly id: string;
  readonly type: string;
  /** `created` or `updated`, as far as is known. */
  readonly action: string;
}
/** What proves to another member of a mesh who asks. */
interface MeshToken {
  readonly token: Secret;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly meshId: string;
}
/** What a reference stands for. `meta` says who resolved it, and when (RFC 3339). */
interface Resolution {
  readonly data: ResolvedResource;
  readonly meta: {
    readonly provider: string;
    readonly resolved_at: string;
  };
}
/**
 * Every call throws a `BeamError`: `token_rejected` (401), `forbidden` (403), `not_found` (404), `server_error` (429 and 5xx,
 * with `retryAfter` where the server says when), `failed` (other 4xx), `bad_answer` (what is not the answer to this call),
 * `network`, `timeout`, `interrupted` (its signal). `status` is that of the answer, if one came. What only reads is tried
 * three times where that may help; what changes something is sent once.
 */
declare class CloudClient {
  #private;
  /** The gateways of the team. */
  readonly gateways: Collection<Gateway>;
  readonly services: Collection<Service>;
  readonly endpoints: Collection<Endpoint>;
  readonly backends: Collection<Backend>;
  readonly pipelines: Collection<Pipeline>;
  /** There is no list of them. */
  readonly transforms: Pick<Collection<Transform>, 'get'>;
  /** What gateways are to change, and what they made of it. */
  readonly changes: Changes;
  constructor(deps: CloudDeps);
  /** Where the API is, without a slash at its end: the cloud is asked once. */
  baseUrl(options?: CallOptions): Promise<string>;
  /**
   * Turns a user's session into the machine token of a gateway, which lives for 30 days. The token of this client must be a
   * user's.
   *
   * @param gatewayCode - the code under which the cloud knows the gateway, or is to know it
   */
  authorizeGateway(gatewayCode: string, options?: AuthorizeOptions): Promise<GatewayAuthorization>;
  /** Sends the configuration that a gateway has, for the cloud to keep. */
  uploadConfiguration({
    type,
    id,
    config
  }: ConfigurationUpload, options?: CallOptions): Promise<UploadedConfiguration>;
  /** A token for a request to another member of a mesh, at `destinationUrl`. */
  meshToken({
    meshId,
    destinationUrl
  }: {
    readonly meshId: string;
    readonly destinationUrl: string;
  }, options?: CallOptions): Promise<MeshToken>;
  /** What a reference such as `runbeam.acme.ingress.name.patient_api` stands for. */
  resolveResource(reference: string, options?: CallOptions): Promise<Resolution>;
  /**
   * Whether the cloud accepts the token: the only way to check an opaque one. `unverified` when the cloud could not be
   * asked, so that being offline is never reported as a bad token; it is asked once. Throws `interrupted`, and what the token
   * of this client throws.
   */
  checkToken(options?: CallOptions): Promise<'valid' | 'rejected' | 'unverified'>;
}
/** A token as a program has it: a JWT, a Sanctum token or a machine token. */
type TokenSource = string | Secret | (() => string | Secret | Promise<string | Secret>);
/** What a client is made of. */
interface RunbeamClientOptions {
  /** Sent with every call as it is. A function is asked before each call, so that it can give a fresh one, and again after a 401. */
  readonly token: TokenSource;
  /**
   * Where Runbeam Cloud is: https, or http on this machine. Default: `RUNBEAM_API_URL`, else `api_url` of
   * `~/.runbeam/config.json`, else `https://api.runbeam.io`.
   */
  readonly apiUrl?: string;
  /** Makes the requests. Default: a client that takes the proxy and the CAs of the environment, as the commands do. */
  readonly fetch?: Fetch;
  /** How often a call that only reads is made again after trouble that passes. Default 2; what changes something is sent once. */
  readonly retries?: number;
}
/**
 * Runbeam Cloud for programs.
 *
 * Every call may be given an `AbortSignal`. Every call throws a {@link BeamError} and nothing else: see its `code`.
 *
 * @example
 * ```ts
 * const client = new RunbeamClient({ token: process.env.RUNBEAM_TOKEN ?? '' });
 * for await (const gateway of client.gateways.list()) console.log(gateway.id, gateway.name);
 * ```
 */
declare class RunbeamClient extends CloudClient {
  /** Throws `bad_server` or `insecure_transport` for an `apiUrl` that cannot be used, `bad_file` for a configuration that cannot. */
  constructor({
    token,
    apiUrl,
    fetch,
    retries
  }: RunbeamClientOptions);
}
/** Checked claims; times are unix seconds. Members that are not listed are as they were signed. Text is its issuer's. */
interface TokenClaims {
  readonly iss: string;
  readonly sub?: string | number | undefined;
  readonly exp: number;
  readonly iat?: number | undefined;
  readonly nbf?: number | undefined;
  readonly aud?: string | readonly string[] | undefined;
  readonly [claim: string]: unknown;
}
/** What a verifier makes of a token that holds. `opaque`: nobody has checked it, and only its server can. */
type Verified = {
  readonly kind: 'jwt';
  readonly claims: TokenClaims;
} | {
  readonly kind: 'opaque';
};
/** The checked claims of a user token (docs/contracts.md 3). Text is the server's: `printable` before it is shown. */
interface UserClaims {
  readonly iss: string;
  readonly sub: string | number;
  /** Unix seconds, as the next two. */
  readonly exp: number;
  readonly iat?: number | undefined;
  readonly nbf?: number | undefined;
  readonly aud?: string | readonly string[] | undefined;
  readonly user?: {
    readonly id: string | number;
    readonly name: string;
    readonly email: string;
  } | undefined;
  readonly team?: {
    readonly id: string | number;
    readonly name: string;
  } | undefined;
}
/** `opaque`: a Sanctum token, which nobody has looked at. */
type VerifiedToken = {
  readonly kind: 'jwt';
  readonly claims: UserClaims;
} | {
  readonly kind: 'opaque';
};
/** What a user token must be. */
interface VerifyUserTokenOptions {
  /** Where it must come from: `https://api.runbeam.io`. Of its `iss` the origin counts, and there are the keys. */
  readonly issuer: string;
  /** What a token that names an audience must be meant for. Default: `runbeam-cli` or `runbeam-api`. */
  readonly audience?: string | readonly string[];
  /** Fetches the keys. Default: as `RunbeamClient`. */
  readonly fetch?: Fetch;
}
/**
 * Checks a user token of Runbeam Cloud: RS256 by a key that its issuer publishes, `exp`, `nbf` and `iat` within 60 seconds. The
 * keys are kept for an hour, and fetched once in 30 seconds at most. A Sanctum token is `opaque`: it is not looked at, and only
 * the cloud can say whether it is good (`RunbeamClient.checkToken`).
 *
 * Throws a {@link BeamError}: `session_ended` for one that expired, `token_rejected` for any other that does not hold,
 * `bad_server` for an issuer that is none, and `network`, `timeout`, `server_error`, `bad_answer` while no keys are known.
 */
declare function verifyUserToken(token: string | Secret, options: VerifyUserTokenOptions): Promise<VerifiedToken>;
interface Rules {
  /** `iss` must be this, to the letter. */
  readonly issuer: string;
  /** `aud` must name this, or one of these. Absent: it is not looked at. */
  readonly audience?: string | readonly string[];
  /** Lets Sanctum tokens through as `opaque`, unseen: whoever does has the cloud check them. Default: they are refused. */
  readonly passOpaque?: boolean;
}
/** RS256 by the keys at a URL. Only a token that names its key (`kid`) is looked up. */
interface JwksVerifierOptions extends Rules {
  readonly algorithm: 'RS256';
  readonly jwksUrl: string;
  /** Seconds for which fetched keys are used. Default 3,600. */
  readonly ttl?: number;
  /** Fetches the keys. Default: as `RunbeamClient`. */
  readonly fetch?: Fetch;
}
/** RS256 by one public key of 2,048 bits or more, in PEM. */
interface PemVerifierOptions extends Rules {
  readonly algorithm: 'RS256';
  readonly publicKeyPem: string;
}
/** HS256 by a secret of 32 bytes or more. Whoever verifies can then forge, which is why it has to be allowed. */
interface SecretVerifierOptions extends Rules {
  readonly algorithm: 'HS256';
  readonly secret: string | Secret;
  readonly allowHs256: true;
}
/** What a verifier is made of. */
type VerifierOptions = JwksVerifierOptions | PemVerifierOptions | SecretVerifierOptions;
/** Checks tokens. */
interface Verifier {
  /**
   * Throws a {@link BeamError}: `expired_token`, `token_rejected`, and, while no keys are known, `network`, `timeout`,
   * `server_error` and `bad_answer`.
   */
  readonly verify: (token: string | Secret) => Promise<Verified>;
}
/**
 * Makes a verifier for tokens of one issuer: the one algorithm that is named and no other; `exp` required, it and `nbf` and
 * `iat` within 60 seconds. Keys at a URL are fetched when they are first needed, then for an unknown key, once in 30 seconds
 * at most, failures included; an answer of more than 256 KiB is none.
 *
 * Throws a {@link BeamError} at once where no token could be verified: `bad_config` without a key that can be used, or for HS256
 * that is not allowed; `bad_server` and `insecure_transport` for a `jwksUrl` that is not https (or http on this machine).
 */
declare function createVerifier(options: VerifierOptions): Verifier;
/** Headers of a request: of `fetch`, or of Node's `http`. */
interface IncomingRequest {
  readonly headers: Headers | {
    readonly authorization?: string | undefined;
  };
}
/** How requests are authenticated. */
interface AuthenticateOptions {
  readonly verifier: Verifier;
  /** Told why a request is refused. It never holds the token. */
  readonly log?: (problem: BeamError) => void;
}
/** What to answer to a request that is refused: the same for every reason. */
interface Refusal {
  readonly authenticated: false;
  readonly status: 401;
  readonly headers: {
    readonly 'www-authenticate': 'Bearer';
    readonly 'content-length': '0';
  };
}
/** Who sent a request, and the token that says so, to be passed on. */
type Authenticated = Verified & {
  readonly authenticated: true;
  readonly token: Secret;
};
/**
 * Checks the bearer token of a request, one of `fetch` or one of Node's `http`. Every failure is the same 401 without a body:
 * no token, a bad one, keys that cannot be fetched. The reason is for `log` alone. Never throws.
 *
 * @example
 * ```ts
 * const caller = await authenticate(request, { verifier });
 * if (!caller.authenticated) return new Response(null, caller);
 * ```
 */
declare function authenticate(request: IncomingRequest, options: AuthenticateOptions): Promise<Authenticated | Refusal>;
/** What a machine token is made of. */
interface MachineTokenFields {
  readonly machineToken: string | Secret;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly gatewayId: string;
  readonly gatewayCode?: string;
  readonly abilities?: readonly string[];
  /** RFC 3339. Default: now. */
  readonly issuedAt?: string;
}
/** The token of a gateway: it lives for 30 days, and acts for the gateway without any user. */
declare class MachineToken {
  readonly machineToken: Secret;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly gatewayId: string;
  /** Absent from a token that the Rust SDK 0.11 stored. */
  readonly gatewayCode?: string;
  readonly abilities: readonly string[];
  /** RFC 3339. */
  readonly issuedAt: string;
  constructor(fields: MachineTokenFields);
  /** Of what `RunbeamClient.authorizeGateway` returned. */
  static of(authorization: GatewayAuthorization): MachineToken;
  /** Whether it has not expired yet, by the clock of this machine. One whose end cannot be read has. */
  isValid(): boolean;
  isExpired(): boolean;
}
/**
 * Stores the token of an instance, encrypted with age in `~/.runbeam/<instanceId>`, readable for this user alone (0600), in
 * place of the one that was there. The key is that of `RUNBEAM_ENCRYPTION_KEY` (an `AGE-SECRET-KEY-1…` line, base64 of it, or
 * base64 of what `age-keygen` prints, each with or without a line break at its end), else that of
 * `~/.runbeam/<instanceId>/encryption.key`, which is made where there is none. Safe for several processes at once; the commands
 * and the Rust SDK 0.11 read it.
 *
 * Throws a {@link BeamError}: `not_found` for what cannot be an id, `bad_key`, `unsafe_path`, `storage`, `storage_full`, `busy`.
 *
 * @param instanceId - letters, digits, `.`, `_` and `-`, beginning with one of the first two, 128 at most
 */
declare function saveToken(instanceId: string, token: MachineToken): Promise<void>;
/**
 * The token that is stored for an instance, by whatever of these programs, expired or not (`isValid`); undefined if there is
 * none. Throws a {@link BeamError}: `not_found` for what cannot be an id, `decrypt_failed` for one that no key here opens,
 * `bad_file`, `bad_key`, `unsafe_path`.
 */
declare function loadToken(instanceId: string): Promise<MachineToken | undefined>;
/**
 * Removes the token that is stored for an instance; whether there was one. Its key stays. Runbeam Cloud knows nothing of it: the
 * token is good until it expires. Throws a {@link BeamError}: `not_found` for what cannot be an id, `unsafe_path`, `storage`,
 * `busy`.
 */
declare function clearToken(instanceId: string): Promise<boolean>;
export { type AcknowledgedChanges, type AuthenticateOptions, type Authenticated, type AuthorizeOptions, type Backend, BeamError, type CallOptions, type Change, type Changes, type CloudClient, type Collection, type ConfigurationUpload, type ConnectionConfig, type Endpoint, type ErrorCode, type ErrorOptions, type Gateway, type GatewayAuthorization, type Hint, type IncomingRequest, type JwksVerifierOptions, MachineToken, type MachineTokenFields, type MeshToken, type PemVerifierOptions, type Pipeline, type Refusal, type Resolution, type ResolvedResource, type Resource, RunbeamClient, type RunbeamClientOptions, Secret, type SecretVerifierOptions, type Service, type TokenClaims, type TokenSource, type Transform, type UploadedConfiguration, type UserClaims, type Verified, type VerifiedToken, type Verifier, type VerifierOptions, type VerifyUserTokenOptions, authenticate, clearToken, createVerifier, loadToken, saveToken, verifyUserToken };