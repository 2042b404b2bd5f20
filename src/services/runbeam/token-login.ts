/** What a login to Runbeam Cloud makes sure of before it stores a token: a JWT that does not hold never takes a good one's place. */
import type { Session } from '../../auth/dialect/dialect.ts';
import { isOpaque } from '../../auth/jwt/format.ts';
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Secret } from '../../secret.ts';
import type { Server } from '../../store/server.ts';
import type { Context } from '../context.ts';
import { nothingSaved } from '../login/approve.ts';
import { keepLogin, newCredential, type KeptLogin } from '../login/save.ts';
import { mayReplace, readToken } from '../login/static-token.ts';
import type { TokenLoginContext, TokenSource } from '../login/types.ts';
import { cloudAccount } from './account.ts';
import { checkUserToken, type Checked } from './verify.ts';

/** The cloud that a login is for. */
interface Cloud {
  readonly server: Server;
  readonly apiUrl: string;
  /** As `Account.ca`. */
  readonly ca: string | undefined;
}

interface TokenLogin extends Cloud {
  readonly source: TokenSource;
  /** It may take the place of a login although nobody could check it. */
  readonly replace: boolean;
}

/** A token that was stored as the login. */
export interface KeptToken extends KeptLogin {
  readonly check: 'valid' | 'unchecked';
  /** Unix seconds. */
  readonly expiresAt?: number;
}

/**
 * Stores a token as the login to Runbeam Cloud. A JWT is stored only if it was verified; a Sanctum token unless the cloud refuses
 * it, and where the cloud cannot be asked only if it replaces nothing. Throws `token_rejected`, `network` for a JWT whose keys
 * cannot be had, `forbidden`, and as `readToken`, `AccountStore.prepare` and `keepLogin`.
 */
export async function tokenLogin(context: TokenLoginContext, login: TokenLogin): Promise<KeptToken> {
  const { server, apiUrl, source } = login;
  const token = await readToken(context, source, 'runbeam');
  await context.accounts.prepare(server.key);
  const checked = await check(context, login, token);
  refuseBad(checked);
  if (checked.status === 'unverified') sayUnchecked(context, login, token, checked);
  const account = {
    ...cloudAccount(server, apiUrl, omitUndefined({ user: checked.user, ca: login.ca })),
    kind: 'token',
    dialect: 'static',
  } as const;
  const { expiresAt } = checked;
  const credential = newCredential(context, omitUndefined({ accessToken: token, expiresAt }));
  if (checked.status === 'unverified' && !login.replace) await mayReplace(context, account, credential);
  const kept = await keepLogin(context, account, credential);
  return omitUndefined({ ...kept, expiresAt, check: checked.status === 'valid' ? ('valid' as const) : ('unchecked' as const) });
}

/**
 * Checks what a login in a browser gave, before it is stored. The cloud itself gave it, just now: only what is known to be wrong
 * is refused, and keys that cannot be had do not cost the approval. Undefined for a Sanctum token. Throws `token_rejected`.
 */
export async function checkNewSession(
  context: Pick<TokenLoginContext, CheckNeeds>,
  cloud: Cloud,
  { accessToken }: Pick<Session, 'accessToken'>,
): Promise<KeptToken['check'] | undefined> {
  if (isOpaque(accessToken.reveal())) return undefined;
  const checked = await check(context, cloud, accessToken);
  refuseBad(checked);
  if (checked.status === 'valid') return 'valid';
  context.warn(`The token of this login could not be verified: ${checked.reason ?? 'nobody answered'}`, {
    command: 'runbeam verify',
  });
  return 'unchecked';
}

type CheckNeeds = 'clock' | 'env' | 'homes' | 'http' | 'signal' | 'waiting' | 'warn';

function check(context: Pick<Context, CheckNeeds>, { server, apiUrl, ca }: Cloud, token: Secret): Promise<Checked> {
  const asking = { line: `Asking ${server.name} about the token`, left: nothingSaved };
  const http = context.http(omitUndefined({ server: server.name, provider: 'runbeam' as const, kind: 'token' as const, ca }));
  return context.waiting(asking, () => checkUserToken(context, { server, apiUrl, http }, token));
}

function refuseBad({ status, reason = 'The token was rejected', reasonAt: at }: Checked): void {
  if (status !== 'rejected') return;
  throw new BeamError('token_rejected', `${reason}. Nothing was stored`, { hint: { command: 'runbeam login' }, at });
}

/** Being offline makes a token neither good nor bad. Throws `network` for a JWT, which is for whoever can verify it. */
function sayUnchecked({ warn }: Pick<Context, 'warn'>, { server }: Cloud, token: Secret, { reason }: Checked): void {
  const why = reason === undefined ? '' : `: ${reason}`;
  if (!isOpaque(token.reveal())) {
    throw new BeamError('network', `The token could not be verified${why}. Nothing was stored`, {
      hint: { command: 'runbeam login --token -' },
    });
  }
  warn(`${server.name} could not be asked whether the token is good${why}`, { command: 'runbeam verify' });
}
