/** `runbeam login|logout`: a device login with Runbeam Cloud, kept in the same store as the edges' accounts. */
import { shellWord } from '../../text.ts';
import { runbeamLogin as runbeamDialect } from '../../auth/runbeam-cloud/login.ts';
import { configuredApiUrl } from '../../runbeam/api-url.ts';
import { parseServer, type Server } from '../../store/server.ts';
import { rustCliLoginFiles } from '../../store/instances/rust-cli-login.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Context } from '../context.ts';
import type { LoginPlan, SavedEnd } from '../login/approve.ts';
import { loginOnce } from '../login/one-login.ts';
import { beginLogin, markFor, resumeLogin, type BegunLogin } from '../login/pending.ts';
import { logOutOf, type LoggedOut, type LogoutContext } from '../login/logout.ts';
import { caForLogin } from '../login/own-ca.ts';
import { EARLIER_SESSIONS, keepLogin, newCredential, type KeptLogin } from '../login/save.ts';
import type { LoginContext, LoginInput } from '../login/types.ts';
import { keepOrRevoke } from '../login/unsaved.ts';
import type { Left } from '../waiting.ts';
import {
  cloudAccount,
  importLegacyLogin,
  notLoggedInToCloud,
  rememberLogin,
  runbeamServer,
  type AccountContext,
} from './account.ts';
import { USER_TOKEN } from './given-token.ts';
import { checkNewSession, tokenLogin } from './token-login.ts';

export interface RunbeamLogin extends KeptLogin {
  readonly apiUrl: string;
  /** Unix seconds. */
  readonly expiresAt?: number;
  /** `valid`: it was verified, or the cloud accepts it. `unchecked`: neither could be done. Absent: a Sanctum token of a browser login. */
  readonly check?: 'valid' | 'unchecked';
}

type CloudContext = LoginContext & Pick<Context, 'env'>;

/**
 * Logs in and saves the account. Nothing is saved unless everything before went well. Throws `access_denied`,
 * `expired_token`, `interrupted`, `network`, `bad_answer`, `storage` and their kin; `token_rejected` for a token that does not
 * hold.
 */
export async function runbeamLogin(
  context: CloudContext,
  input: CaInput & Pick<LoginInput, 'browser' | 'token' | 'replace'>,
): Promise<RunbeamLogin> {
  const plan = await configuredPlan(context, input);
  if (input.token !== undefined) {
    const server = runbeamServer(context);
    const apiUrl = configuredApiUrl(context.homes, context.env).url;
    const { ca } = plan.wish;
    const kept = await tokenLogin(context, { server, apiUrl, ca, source: input.token, replace: input.replace === true });
    rememberLogin(context);
    return { ...kept, apiUrl };
  }
  return loginOnce(context, plan, { browser: input.browser, mark: markFor(context, plan.wish) });
}

/** Begins a login and does not wait. Throws as `runbeamLogin`. */
export async function beginRunbeamLogin(context: CloudContext, input: CaInput): Promise<BegunLogin> {
  return beginLogin(context, await configuredPlan(context, input));
}

type CaInput = Pick<LoginInput, 'caFile' | 'ownCa'>;

async function configuredPlan(context: CloudContext, input: CaInput): Promise<LoginPlan<RunbeamLogin>> {
  const { url } = configuredApiUrl(context.homes, context.env);
  const ca = await caForLogin(context, input, { server: runbeamServer(context) });
  warnOfToken(context, 'wins over this login');
  return cloudPlan(context, url, ca);
}

/** Goes on with a login that was begun, to the cloud that it was begun at. Throws as `resumeLogin`. */
export function resumeRunbeamLogin(context: CloudContext, id: string): Promise<RunbeamLogin> {
  return resumeLogin(context, id, {
    program: 'runbeam',
    planOf: ({ apiUrl = '', ca }) => cloudPlan(context, apiUrl, ca),
    rejoin: (end) => rejoinCloud(context, end),
  });
}

/** A login to Runbeam Cloud. Throws `bad_server` for an unusable base URL. */
function cloudPlan(context: CloudContext, apiUrl: string, ca: string | undefined): LoginPlan<RunbeamLogin> {
  const server = parseServer(new URL(apiUrl).origin);
  return {
    wish: omitUndefined({ program: 'runbeam' as const, server: server.name, insecure: false, ca, apiUrl }),
    server,
    place: `Runbeam Cloud at ${server.name}`,
    key: server.key,
    again: 'runbeam login',
    prepare: async () => {
      await context.accounts.prepare(server.key);
      const http = context.http(omitUndefined({ server: server.name, provider: 'runbeam' as const, ca }));
      return runbeamDialect(apiUrl, { http, clock: context.clock });
    },
    finish: async (_, session) => {
      const account = cloudAccount(server, apiUrl, omitUndefined({ user: session.user, ca }));
      const credential = newCredential(context, session);
      return keepOrRevoke(context, { account, credential }, async () => {
        const check = await checkNewSession(context, { server, apiUrl, ca }, session);
        const kept = await keepLogin(context, account, credential);
        rememberLogin(context);
        return omitUndefined({ ...kept, check, apiUrl, expiresAt: session.expiresAt });
      });
    },
    saved: ({ account, earlierSession, expiresAt }) =>
      omitUndefined({ kind: 'saved', key: account.key, current: false, replaced: false, earlierSession, sessionEnds: expiresAt }),
    rejoin: (end) => rejoinCloud(context, end),
  };
}

async function rejoinCloud({ accounts }: CloudContext, end: SavedEnd): Promise<RunbeamLogin | undefined> {
  const account = await accounts.readIfSound(end.key);
  if (account?.provider !== 'runbeam' || account.apiUrl === undefined || account.endedAt !== undefined) return undefined;
  const earlierSession = EARLIER_SESSIONS.find((known) => known === end.earlierSession);
  return omitUndefined({ account, apiUrl: account.apiUrl, earlierSession, expiresAt: end.sessionEnds });
}

/** A token in the environment is neither replaced by a login nor ended by a logout. */
function warnOfToken({ env, warn }: Pick<Context, 'env' | 'warn'>, how: string): void {
  if ((env[USER_TOKEN] ?? '').trim() !== '') warn(`${USER_TOKEN} is set and ${how}`, { command: `unset ${USER_TOKEN}` });
}

/** Whether the server has revoked the session, it has not said; it is deleted here only after that. */
const notLoggedOut = ({ name }: Server): Left => ({
  message: `you are not logged out of ${name}, whose session there may be revoked and is still stored here`,
  hint: { command: 'runbeam logout' },
});

/**
 * Ends the session of the Runbeam Cloud account. Throws `login_required` when there is no account; trouble with the server
 * is reported, never an error.
 */
export async function runbeamLogout(context: AccountContext & LogoutContext): Promise<LoggedOut> {
  const server = runbeamServer(context);
  // A login of the older CLI that was never imported counts as logged out from here on.
  await importLegacyLogin(context);
  const account = await context.accounts.readIfSound(server.key);
  const broken = account === undefined && context.accounts.keys().includes(server.key);
  if (!broken && account?.provider !== 'runbeam') throw await notLoggedInToCloud(context);
  const wait = { line: `Logging out of ${server.name}`, left: (): Left => notLoggedOut(server) };
  const result = await context.waiting(wait, () => logOutOf(context, account ?? { key: server.key }));
  warnOfToken(context, 'stays good: this ended the stored login alone');
  for (const path of rustCliLoginFiles(context.homes)) {
    context.warn(`The login of the earlier runbeam stays in ${path}; to end it here, too, remove that file`, {
      command: `rm ${shellWord(path)}`,
    });
  }
  return result;
}
