/** `runbeam logout`: ends the session of the Runbeam Cloud account. */
import { BeamError } from '../../errors.ts';
import { logOutOf, type LoggedOut } from '../beamd/logout.ts';
import type { Context } from '../context.ts';
import { importLegacyLogin, runbeamServer } from './account.ts';

/** Throws `login_required` when there is no account; trouble with the server is reported, never an error. */
export async function runbeamLogout(context: Context): Promise<LoggedOut> {
  const server = runbeamServer(context);
  // A login of the older CLI that was never imported counts as logged out from here on.
  await importLegacyLogin(context);
  const account = await context.accounts.read(server.key);
  if (account?.provider !== 'runbeam') {
    throw new BeamError('login_required', `You are not logged in to Runbeam Cloud at ${server.name}`, { hint: 'runbeam login' });
  }
  return logOutOf(account, context);
}
