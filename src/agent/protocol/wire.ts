/**
 * The wire contract: every call that crosses a socket or a pipe, with what it is given and what comes of it. A command asks
 * an agent over a Unix socket (`METHODS`), an agent has a worker do a job over pipes (`JOBS`); both ends of each are made
 * from this table. Access tokens cross it; refresh tokens never, and of keys only the one that a worker's job is given.
 */
import { finderIn, type Contract } from './calls.ts';
import { choice, flag, list, number, object, optional, secret, text, token, type Value } from './codec.ts';
import { FOR_TOKENS, HELLO_DEADLINE, whichAgent } from './token-calls.ts';

export { CALL_DEADLINE, FRAME_DEADLINE, HELLO_DEADLINE, MAX_FRAME, PROTOCOL } from './token-calls.ts';

const nothing = object({});

const agentStatus = object({
  ...whichAgent.members,
  /** Unix seconds. */
  startedAt: number,
  /** Unix seconds; absent if the token does not expire or nothing is loaded yet. */
  expiresAt: optional(number),
  /** Unix seconds of the last successful refresh. */
  refreshedAt: optional(number),
  /** Refreshes since start. */
  refreshes: number,
  /** Token requests served since start. */
  served: number,
});

const agentActivity = object({
  ...whichAgent.members,
  /** These three: unix seconds. The session's are absent where nothing is loaded, or does not expire. */
  startedAt: number,
  issuedAt: optional(number),
  expiresAt: optional(number),
  /** By method, since the start; asking for this is not counted. */
  calls: list(object({ method: text, count: number })),
  /** By what they say of themselves. */
  clients: list(object({ says: text, calls: number, lastAt: number })),
  /** The last ones, oldest first; `failed` is the code of the error. */
  refreshLog: list(object({ at: number, failed: optional(text) })),
});

const scope = object({ slug: text, role: optional(text) });

const accountScopes = object({
  /** `Server.name` of the account. */
  server: text,
  scopes: list(scope),
  defaultScope: optional(text),
});

const via = choice('cloud', 'harmony');

const authorizeRequest = object({
  instance: object({ id: text, ip: text, port: number, label: text, pathPrefix: text }),
  via,
  retry: flag,
  replaces: optional(text),
});

const authorizeResult = object({
  gateway: object({ id: text, code: text, name: text }),
  /** RFC 3339. */
  expiresAt: text,
  expiresIn: optional(number),
  abilities: list(text),
  authorizedBy: optional(object({ name: text, email: text })),
  via,
  keySent: optional(flag),
  delivered: flag,
  problem: optional(object({ message: text, hint: optional(text) })),
});

const machineToken = object({
  machineToken: token,
  /** RFC 3339. */
  expiresAt: text,
  gatewayId: text,
  gatewayCode: optional(text),
  abilities: list(text),
  issuedAt: optional(text),
});

const loadedSession = object({
  account: object({
    server: text,
    provider: choice('edge', 'runbeam'),
    kind: choice('session', 'token'),
    scopes: list(scope),
    defaultScope: optional(text),
    checkedAt: optional(number),
    /** The network settings of the login, as `settingsOf` names them; absent: there were none. */
    network: optional(text),
    /** When the agent is to lock it by itself, as `AutoLock` has it. */
    autoLock: optional(object({ after: optional(number), onSuspend: optional(flag), since: number })),
    /** Each use of it is asked about first. */
    confirm: optional(flag),
  }),
  /** `accountStamp` of the account file this was read from. */
  stamp: text,
  /** Absent: the session has ended, `endedAt` (unix seconds) says when. */
  accessToken: optional(secret),
  expiresAt: optional(number),
  issuedAt: optional(number),
  endedAt: optional(number),
  /** Whether a refresh is possible. */
  renewable: flag,
});

/**
 * What an agent has a worker do once the session is fresh. It reads neither the parameters, beyond making sure that they
 * are such, nor the result.
 */
export const PASSED_ON = {
  /** Asks the edge for the account's orgs, saves and returns them. Throws as `token`, and `token_rejected`. */
  refreshScopes: { params: nothing, result: object({ user: optional(text), scopes: list(scope) }) },
  /** Turns the session into a machine token and delivers it. Throws as `token`, and `forbidden`, `not_found`. */
  authorize: { params: authorizeRequest, result: authorizeResult },
  /**
   * A machine token for a gateway code (an instance id, or a code that only the cloud knows), without delivery. With
   * `instanceId` it is kept with that instance, and `stored` says whether that went well.
   */
  machineToken: {
    params: object({ gatewayCode: text, instanceId: optional(text) }),
    result: object({ token: machineToken, stored: flag }),
  },
} as const satisfies Record<string, Contract>;

/** What a command asks of an agent. */
export const METHODS = {
  ...FOR_TOKENS,
  /** The orgs of the account, as the agent holds them: no server is asked. Throws `login_required`, `session_ended`, `locked`. */
  scopes: { params: nothing, result: accountScopes },
  /** `client`: as in `hello`. */
  status: { params: object({ client: optional(text) }), result: agentStatus, deadline: HELLO_DEADLINE },
  /** What the agent did since it was started. Looking keeps no agent from ending when it is idle. */
  activity: { params: nothing, result: agentActivity, deadline: HELLO_DEADLINE },
  /** Stops serving and ends the agent's process once calls under way are answered. */
  stop: { params: nothing, result: nothing, deadline: HELLO_DEADLINE },
  ...PASSED_ON,
} as const satisfies Record<string, Contract>;

/** What an agent leaves to a worker: everything that reads secrets, loads a heavy library or speaks to a server. */
export const JOBS = {
  /** Reads the account from the store. Undefined: there is no such account (any more). */
  load: { params: nothing, result: optional(loadedSession) },
  /**
   * Refreshes unless the stored session is newer than `olderThan` (unix seconds it was issued), under the account's
   * lock. Throws `session_ended`, `network`, `timeout`, `server_error`, `storage_full`, `storage`, `busy`.
   */
  refresh: { params: object({ olderThan: optional(number) }), result: optional(loadedSession) },
  /**
   * Seals the session as the account's own lock says, under the account's lock: after a refresh that is under way. `sealed`: false
   * for one that is locked, or that locks itself no more. Throws `storage`, `storage_full`, `busy`, `bad_file`.
   */
  lock: { params: nothing, result: object({ sealed: flag }) },
  /**
   * Asks whether an account that asks first may be used, by the program that the user's configuration names. Absent: yes. `client` is
   * what the client says of itself. It may take a minute.
   */
  confirm: {
    params: object({ client: optional(text), scope: optional(text), use: choice('token', 'machine token') }),
    result: object({ problem: optional(object({ message: text, hint: text })) }),
  },
  /** The machine tokens that the account's agent is to renew by itself now, each a job `authorize`; `next` is unix seconds. */
  dueRenewals: { params: nothing, result: object({ requests: list(authorizeRequest), next: optional(number) }) },
  ...PASSED_ON,
} as const satisfies Record<string, Contract>;

export type Method = keyof typeof METHODS;
export type Job = keyof typeof JOBS;

type All = typeof METHODS & typeof JOBS;

/** What a call or a job is given. */
export type Params<N extends Method | Job> = Value<All[N]['params']>;

/** What comes of it. */
export type Result<N extends Method | Job> = Value<All[N]['result']>;

/** By their names on the wire (`refresh_scopes`). Undefined for a name of none. */
export const findMethod = finderIn(METHODS);
export const findJob = finderIn(JOBS);
