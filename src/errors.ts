/**
 * The one error of this product. Everything that fails, fails with one of these codes; anything a library throws is
 * mapped to one at the boundary where it was called, and its own text stops there.
 */
import { omitUndefined } from './omit-undefined.ts';

/** Every way a command can fail. Never branch on a message: branch on this. */
export type ErrorCode =
  // 2: wrong usage or bad configuration
  | 'usage'
  | 'bad_config'
  | 'bad_file'
  | 'bad_server'
  | 'bad_key'
  | 'no_server'
  | 'not_found'
  // 4: log in needed
  | 'login_required'
  | 'session_ended'
  | 'token_rejected'
  | 'locked'
  | 'wrong_passphrase'
  | 'access_denied'
  | 'expired_token'
  | 'no_device_login'
  // 5: network or server
  | 'network'
  | 'timeout'
  | 'server_error'
  | 'bad_answer'
  // 6: refused by policy
  | 'unknown_scope'
  | 'insecure_transport'
  | 'unsafe_path'
  | 'secret_in_project'
  | 'forbidden'
  // 7: partly done
  | 'not_delivered'
  // 126 and 127, of what `beamd exec` runs
  | 'program_not_runnable'
  | 'program_not_found'
  // 130
  | 'interrupted'
  // 1
  | 'storage'
  | 'storage_full'
  | 'decrypt_failed'
  | 'busy'
  | 'agent_unavailable'
  | 'agent_outdated'
  | 'failed';

type ExitCode = 0 | 1 | 2 | 4 | 5 | 6 | 7 | 126 | 127 | 130;

/** What each exit code means, in the words of help, man pages and guides. Backticks enclose what is typed. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'failed',
  2: 'wrong usage or bad configuration',
  4: 'log in needed',
  5: 'network or server unreachable',
  6: 'refused by policy: an org you do not have, plain http off loopback, a file others can write',
  7: 'partly done: a machine token was issued but not delivered (`--retry` delivers it), or some of several gateways failed',
  126: 'of `beamd exec`: its command cannot be run',
  127: 'of `beamd exec`: there is no such program',
  130: 'interrupted',
};

/** Exit code of each error code, in the one place that maps it. */
export const EXIT_CODES: Readonly<Record<ErrorCode, ExitCode>> = {
  usage: 2,
  bad_config: 2,
  bad_file: 2,
  bad_server: 2,
  bad_key: 2,
  no_server: 2,
  not_found: 2,
  login_required: 4,
  session_ended: 4,
  token_rejected: 4,
  locked: 4,
  wrong_passphrase: 4,
  access_denied: 4,
  expired_token: 4,
  no_device_login: 4,
  network: 5,
  timeout: 5,
  server_error: 5,
  bad_answer: 5,
  unknown_scope: 6,
  insecure_transport: 6,
  unsafe_path: 6,
  secret_in_project: 6,
  forbidden: 6,
  not_delivered: 7,
  program_not_runnable: 126,
  program_not_found: 127,
  interrupted: 130,
  storage: 1,
  storage_full: 1,
  decrypt_failed: 1,
  busy: 1,
  agent_unavailable: 1,
  agent_outdated: 1,
  failed: 1,
};

/** The next step: an exact command to type, or words where no command can say it. Without a full stop. */
export type Hint = { readonly command: string } | { readonly text: string };

/** Tells the user what is to be looked at, without a full stop, and the next step where there is one. Never a secret. */
export type Warn = (line: string, hint?: Hint) => void;

/** Reads a hint from what came from another process; undefined for what is none. */
export function parseHint(value: unknown): Hint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('command' in value && typeof value.command === 'string') return { command: value.command };
  return 'text' in value && typeof value.text === 'string' ? { text: value.text } : undefined;
}

/** A hint as one text, as `--json` prints it. */
export function hintText(hint: Hint): string {
  return 'command' in hint ? hint.command : hint.text;
}

export interface ErrorOptions {
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

const LONGEST_RETRY = 3_600;

/**
 * An error a user may read: `message` says what happened, `hint` says what to type next.
 * Neither ever holds a secret or a third party's text.
 */
export class BeamError extends Error {
  override readonly name = 'BeamError';
  readonly code: ErrorCode;
  readonly hint: Hint | undefined;
  /** Seconds, 1 to 3,600: not before then, says the server. For whoever tries again; never printed. */
  readonly retryAfter: number | undefined;
  /** The HTTP status of the answer that is the reason, if one is. For programs; the message says it where it matters. */
  readonly status: number | undefined;
  /** Unix seconds: the moment that the message tells as `at`, and RFC 3339. What a person reads has it by that person's clock. */
  readonly at: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.status = options.status;
    this.at = options.at ?? (options.cause instanceof BeamError ? options.cause.at : undefined);
    const { retryAfter = NaN } = options;
    this.retryAfter = Number.isNaN(retryAfter) ? undefined : Math.min(LONGEST_RETRY, Math.max(1, Math.ceil(retryAfter)));
  }

  /** What `--json` prints under `error`. */
  toJSON(): { code: ErrorCode; message: string; hint?: string } {
    return omitUndefined({
      code: this.code,
      message: this.message,
      hint: this.hint === undefined ? undefined : hintText(this.hint),
    });
  }
}

/**
 * Whether a failure passes by itself: a server or the way to it was in trouble, and the same call may go well later. It
 * says nothing of a token or a session, so it never ends one. Where more is passed over than this, that place says so.
 */
export function isTransient(code: ErrorCode): boolean {
  return code === 'network' || code === 'timeout' || code === 'server_error';
}

/** What every further call of the same run would end in, too. */
const OF_ALL: ReadonlySet<ErrorCode> = new Set([
  'login_required',
  'session_ended',
  'token_rejected',
  'locked',
  'wrong_passphrase',
  'expired_token',
  'storage_full',
  'agent_outdated',
  'interrupted',
]);

/**
 * Whether it makes no sense to go on with others after this: nobody acts any more, the disk is full, or the program is to end.
 * A gateway can say of itself that it rejects a token, and a token that was kept can have expired: those are its own affair.
 */
export function isOfAll(code: ErrorCode): boolean {
  return OF_ALL.has(code);
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(EXIT_CODES, value);
}

/** The `code` of a Node system error (`ENOENT`, `EACCES`…), if that is what it is. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
