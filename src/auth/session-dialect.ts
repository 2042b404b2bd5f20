import { BeamError } from '../errors.ts';
import { accountWords } from '../hints.ts';
import type { Account } from '../store/accounts/account.ts';
import type { AuthDeps, SessionDialect } from './dialect/dialect.ts';

/** How the session of an account is refreshed and revoked. Loads only that dialect. */
export async function sessionDialect(account: Pick<Account, 'dialect'>, deps: AuthDeps): Promise<SessionDialect> {
  switch (account.dialect) {
    case 'beam-auth':
      return (await import('./beam-auth/session.ts')).beamAuthSession(deps);
    case 'oauth':
      return (await import('./oauth/session.ts')).oauthSession(deps);
    case 'runbeam':
      return runbeamSession;
    case 'static':
      return staticSession;
  }
}

/** Runbeam Cloud gives no refresh token and no call that ends a login: its sessions end by themselves. */
const runbeamSession: SessionDialect = {
  refresh: async (account) => {
    const { sessionEnded } = await import('./dialect/refresh-answer.ts');
    throw sessionEnded(account);
  },
  revoke: () => Promise.resolve('unsupported'),
};

const staticSession: SessionDialect = {
  refresh: (account) =>
    Promise.reject(
      new BeamError('login_required', `The token for ${account.server} cannot be renewed`, {
        hint: { command: `beamd login ${accountWords(account)} --token -` },
      }),
    ),
  revoke: () => Promise.resolve('unsupported'),
};
