/** `runbeam login|logout`: a device login with Runbeam Cloud, kept in the same store as the edges' accounts. */
import { shellWord } from '../../text.ts';
import { runbeamLogin as runbeamDialect } from '../../auth/runbeam-cloud/login.ts';
import { configuredApiUrl } from '../../runbeam/api-url.ts';
import type { Server } from '../../store/server.ts';
import { rustCliLoginFiles } from '../../store/instances/rust-cli-login.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Context } from '../context.ts';
import { approve } from '../login/device.ts';
import { logOutOf, type LoggedOut, type LogoutContext } from '../login/logout.ts';
import { keepLogin, newCredential, type KeptLogin } from '../login/save.ts';
import type { DeviceLoginContext, LoginInput } from '../login/types.ts';
import type { Left } from '../waiting.ts';
import {
  cloudAccount,
  importLegacyLogin,
  markLegacyLoginSeen,
  notLoggedInToCloud,
  runbeamServer,
  type AccountContext,
} from './account.ts';
import { USER_TOKEN } from './given-token.ts';

export interface RunbeamLogin extends KeptLogin {
  readonly apiUrl: string;
  /** Unix seconds. */
  readonly expiresAt?: number;
}

/**
 * Logs in and saves the account. Nothing is saved unless everything before went well. Throws `access_denied`,
 * `expired_token`, `interrupted`, `network`, `bad_answer`, `storage` and their kin.
 */
export async function runbeamLogin(
  context: DeviceLoginContext & Pick<Context, 'env'>,
  input: Pick<LoginInput, 'browser'>,
): Promise<RunbeamLogin> {
  const server = runbeamServer(context);
  const apiUrl = configuredApiUrl(context.homes, context.env).url;
  warnOfToken(context, 'wins over this login');
  await context.accounts.prepare(server.key);
  const dialect = runbeamDialect(apiUrl, { http: context.http(), clock: context.clock });
  const place = `Runbeam Cloud at ${server.name}`;
  const { key } = server;
  const session = await approve(context, { dialect, server, place, key, browser: input.browser, again: 'runbeam login' });
  const kept = await keepLogin(context, cloudAccount(server, apiUrl, session.user), newCredential(context, session));
  markLegacyLoginSeen(context);
  return omitUndefined({ ...kept, apiUrl, expiresAt: session.expiresAt });
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
