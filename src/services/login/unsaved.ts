/** A session that a server has just given and that cannot be kept: it is not left alive there, if that can be helped. */
import type { RevokeOutcome } from '../../auth/dialect/dialect.ts';
import { BeamError } from '../../errors.ts';
import { accountStamp } from '../../store/accounts/account-stamp.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { accountFile } from '../../store/paths.ts';
import type { Context } from '../context.ts';
import type { Left } from '../waiting.ts';
import { revoke } from './logout.ts';
import { earlierLogin, sharesToken } from './save.ts';
import type { SaveContext } from './types.ts';

/** A session as it is about to be kept. */
export interface FreshLogin {
  readonly account: Account;
  readonly credential: Credential;
}

/**
 * Keeps a session that was just obtained. Where `keep` fails and the session is certainly not what the account has now, it is
 * revoked, as well as its server lets that be done, and the user is told what became of it. Throws as `keep`.
 */
export async function keepOrRevoke<T>(context: SaveContext, fresh: FreshLogin, keep: () => Promise<T>): Promise<T> {
  const before = stampOf(context, fresh);
  try {
    return await keep();
  } catch (error) {
    if (error instanceof BeamError && (await isLost(context, fresh, before))) {
      const { account, credential } = fresh;
      await revokeUnsaved(context, account.controlPlane ?? account.server, () => revoke(context, account, credential));
    }
    throw error;
  }
}

const stampOf = ({ homes }: SaveContext, { account }: FreshLogin): string | undefined =>
  accountStamp(accountFile(homes, account.key));

/** Nobody wrote the account; or what it has now is another session. One that cannot be read may be this one. */
async function isLost(context: SaveContext, fresh: FreshLogin, before: string | undefined): Promise<boolean> {
  if (stampOf(context, fresh) === before) return true;
  const there = (await earlierLogin(context, fresh.account.key))?.credential ?? 'none';
  return there === 'none' || (there !== 'unreadable' && !sharesToken(there, fresh.credential));
}

const WHY_NOT: Readonly<Record<Exclude<RevokeOutcome, 'revoked'>, string>> = {
  unsupported: 'revokes none',
  unreachable: 'could not be asked to revoke it',
};

/** Ends a session that is not kept, and tells the user what became of it. `server`: whom it is of. */
export async function revokeUnsaved(
  context: Pick<Context, 'notify' | 'waiting' | 'warn'>,
  server: string,
  end: () => Promise<RevokeOutcome>,
): Promise<void> {
  const lives = 'the session just obtained lives on until it ends by itself';
  const left = (): Left => ({ message: `nothing was saved, and ${lives}` });
  const outcome = await context.waiting({ line: `Revoking the session just obtained on ${server}`, left }, end);
  if (outcome === 'revoked') context.notify('The session just obtained was revoked again; nothing was saved');
  else context.warn(`Nothing was saved; ${lives}: ${server} ${WHY_NOT[outcome]}`);
}
