/** `runbeam login`: a device login with Runbeam Cloud, kept in the same store as the edges' accounts. */
import type { Session } from '../../auth/dialect/dialect.ts';
import { runbeamLogin as runbeamDialect } from '../../auth/runbeam-cloud/login.ts';
import { configuredApiUrl } from '../../runbeam/api-url.ts';
import type { Account } from '../../store/accounts/account.ts';
import { waitFor } from '../login/device.ts';
import { credentialOf, keepLogin, probeStorage } from '../login/save.ts';
import type { LoginScreen } from '../login/types.ts';
import type { Context } from '../context.ts';
import { markLegacyLoginSeen, runbeamServer, importLegacyLogin } from './account.ts';
import { BeamError } from '../../errors.ts';
import { logOutOf, type LoggedOut } from '../login/logout.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface RunbeamLogin {
  readonly account: Account;
  readonly apiUrl: string;
  /** Unix seconds. */
  readonly expiresAt?: number;
}

/**
 * Logs in and saves the account. Nothing is saved unless everything before went well. Throws `access_denied`,
 * `expired_token`, `interrupted`, `network`, `bad_answer`, `storage` and their kin.
 */
export async function runbeamLogin(
  input: { readonly browser: boolean },
  context: Context,
  screen: LoginScreen,
): Promise<RunbeamLogin> {
  const server = runbeamServer(context);
  const apiUrl = configuredApiUrl(context.homes, context.env).url;
  await probeStorage(server.key, context);
  const dialect = runbeamDialect(apiUrl, { http: context.http(), clock: context.clock });
  const started = await dialect.begin(context.signal);
  screen.show(started);
  if (input.browser) await context.openBrowser(started.verificationUriComplete ?? started.verificationUri);
  const session = await waitFor(started, server, context, screen);
  const account = await keepLogin(accountOf(session, apiUrl, server), credentialOf(session, context.clock), context);
  markLegacyLoginSeen(context);
  return omitUndefined({ account, apiUrl, expiresAt: session.expiresAt });
}

function accountOf(session: Session, apiUrl: string, server: { readonly key: string; readonly name: string }): Account {
  return omitUndefined({
    key: server.key,
    server: server.name,
    provider: 'runbeam',
    kind: 'session',
    dialect: 'runbeam',
    scopes: [],
    storage: 'age',
    apiUrl,
    user: session.user,
  });
}

/** `runbeam logout`: ends the session of the Runbeam Cloud account. */

/** Throws `login_required` when there is no account; trouble with the server is reported, never an error. */
export async function runbeamLogout(context: Context): Promise<LoggedOut> {
  const server = runbeamServer(context);
  // A login of the older CLI that was never imported counts as logged out from here on.
  await importLegacyLogin(context);
  const account = await context.accounts.read(server.key);
  if (account?.provider !== 'runbeam') {
    throw new BeamError('login_required', `You are not logged in to Runbeam Cloud at ${server.name}`, {
      hint: { command: 'runbeam login' },
    });
  }
  return logOutOf(account, context);
}
