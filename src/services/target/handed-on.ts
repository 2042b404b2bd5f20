/**
 * The token that `beamd exec` and `beamd token --export` put into an environment. It ends there, while the login that it is of goes
 * on: so beside it stands which login that is, and our own commands use that in its place.
 */
import { variable, type Env } from '../../environment.ts';
import type { Secret } from '../../secret.ts';
import { isAccountKey, splitAccountKey } from '../../store/account-key.ts';
import type { AccountStore } from '../../store/accounts/account.ts';
import type { Server } from '../../store/server.ts';

/** The variable that says whose `BEAMD_TOKEN` is: a hash of the token, the key of the account, and the org. */
export const TOKEN_OF = 'BEAMD_TOKEN_OF';

/** When the token ends, RFC 3339. */
export const TOKEN_END = 'BEAMD_TOKEN_EXPIRES_AT';

/** Of which login a token is. */
export interface HandedOn {
  /** The key of the account. */
  readonly key: string;
  readonly scope?: string | undefined;
}

/** In the place of the key of an account: of one that is on no machine that we know. No account has it. */
export const ELSEWHERE = '-';

/** The same: of the agent behind the `BEAMD_AGENT_SOCK` that stands beside the token. */
export const BEHIND_SOCKET = '--';

const MARK = /^([\da-f]{32}):([^:]+):(.*)$/su;

/** What is said of a token. */
export function markOf(token: Secret, { key, scope = '' }: HandedOn): string {
  return `${hashOf(token.reveal())}:${key}:${scope}`;
}

/**
 * The login whose token was handed on. Undefined: `BEAMD_TOKEN` is somebody's own by now, or there is none, or the login is not on this
 * machine, as in a container.
 */
export function handedOn(env: Env, accounts: Pick<AccountStore, 'keys'>): HandedOn | undefined {
  const mark = readMark(env);
  return mark !== undefined && accounts.keys().includes(mark.key) ? mark : undefined;
}

/** Whether the agent of `BEAMD_AGENT_SOCK` stands in for `BEAMD_TOKEN`: it gave that, and gives a fresh one now. */
export function isBehindSocket(env: Env): boolean {
  return readMark(env)?.key === BEHIND_SOCKET;
}

/** Whether what was handed on stood in the file of a `--config`, where no org can be named: it does not end, and is of no login. */
export function isOfFile(env: Env): boolean {
  const mark = readMark(env);
  return mark?.key === ELSEWHERE && mark.scope === undefined && variable(env, TOKEN_END) === undefined;
}

/** When the token that was handed on ends, unix seconds; undefined as in `handedOn`, the login apart, and where it does not say. */
export function endOfHandedOn(env: Env): number | undefined {
  const end = readMark(env) && variable(env, TOKEN_END);
  const at = end === undefined ? NaN : Date.parse(end);
  return Number.isNaN(at) ? undefined : at / 1000;
}

function readMark(env: Env): HandedOn | undefined {
  const token = variable(env, 'BEAMD_TOKEN');
  const [, hash, key, scope] = MARK.exec(variable(env, TOKEN_OF) ?? '') ?? [];
  if (token === undefined || key === undefined || !isAccountKey(key) || hash !== hashOf(token)) return undefined;
  return scope === '' ? { key } : { key, scope };
}

/** Whether a login that was handed on is of this server: what stands beside its token is for no other. */
export function isOfServer({ key }: HandedOn, server: Server): boolean {
  return splitAccountKey(key).serverKey === server.key;
}

/** The context of a command that takes no token of the environment: without it, unless it only says which login is meant. */
export function withoutToken<C extends { readonly env: Env; readonly accounts: Pick<AccountStore, 'keys'> }>(context: C): C {
  const { env, accounts } = context;
  return handedOn(env, accounts) === undefined ? { ...context, env: { ...env, BEAMD_TOKEN: undefined } } : context;
}

function hashOf(token: string): string {
  // Loaded here: there is such a token in few environments, and the module takes longer than the rest of the ladder.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(token).digest('hex').slice(0, 32);
}
