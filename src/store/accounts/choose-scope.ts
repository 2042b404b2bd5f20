/** Which org of an account is meant. */
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import { didYouMean } from '../../nearest.ts';
import type { Account } from './account.ts';
import { printable, shellWord } from '../../text.ts';

type ScopedAccount = Pick<Account, 'server' | 'name' | 'kind' | 'scopes' | 'defaultScope'>;

/** How many orgs an error message lists before it points to `beamd orgs`. */
const LISTED = 10;

function listOf(account: ScopedAccount): string {
  const slugs = account.scopes.slice(0, LISTED).map(({ slug }) => printable(slug));
  const more = account.scopes.length > LISTED ? `, and ${String(account.scopes.length - LISTED)} more` : '';
  return slugs.length === 0 ? 'it has no orgs' : `its orgs: ${slugs.join(', ')}${more}`;
}

/** The refusal of an org that the account does not have. `unknown_scope`. */
export function unknownScope(account: ScopedAccount, scope: string): BeamError {
  const slugs = account.scopes.map(({ slug }) => slug);
  const message = `${accountTitle(account)} has no org "${printable(scope)}" for you; ${listOf(account)}${didYouMean(scope, slugs)}`;
  return new BeamError('unknown_scope', message, {
    hint: { command: `beamd orgs --refresh ${accountWords(account)}` },
  });
}

/**
 * The org to act for: the one asked for, else the account's default, else its first (personal) one. A self-hosted
 * (token) account has none, whatever was asked. Throws `unknown_scope`, also for a default that is no longer among the
 * account's orgs.
 */
export function chooseScope(account: ScopedAccount, asked: string | undefined): string | undefined {
  if (account.kind === 'token') return undefined;
  const has = (slug: string): boolean => account.scopes.some((scope) => scope.slug === slug);
  if (asked !== undefined) {
    if (!has(asked)) throw unknownScope(account, asked);
    return asked;
  }
  if (account.defaultScope !== undefined && !has(account.defaultScope)) {
    throw new BeamError(
      'unknown_scope',
      `Your default org "${printable(account.defaultScope)}" on ${accountTitle(account)} is not among your orgs any more; ${listOf(account)}`,
      { hint: { command: `beamd default ${shellWord(account.scopes[0]?.slug ?? 'ORG')} ${accountWords(account)}` } },
    );
  }
  return account.defaultScope ?? account.scopes[0]?.slug;
}
