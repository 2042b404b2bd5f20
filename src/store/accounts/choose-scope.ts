/** Which org of an account is meant. */
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import { fitsFilter, sameName } from '../../matching.ts';
import { didYouMean } from '../../nearest.ts';
import type { Account } from './account.ts';
import { LISTED, printable, shellWord, shortList } from '../../text.ts';

type ScopedAccount = Pick<Account, 'server' | 'name' | 'kind' | 'scopes' | 'defaultScope'>;

function listOf(account: ScopedAccount, like: readonly string[] = []): string {
  const slugs = like.length > 0 ? like : account.scopes.map(({ slug }) => slug);
  if (slugs.length === 0) return 'it has no orgs';
  return `${like.length > 0 ? 'orgs like it' : 'its orgs'}: ${shortList(
    slugs.map((slug) => printable(slug)),
    'counted',
  )}`;
}

/** The org that is meant by its whole name, in upper or lower case, as the account spells it. */
export function findScope({ scopes }: Pick<Account, 'scopes'>, asked: string): string | undefined {
  return sameName(
    scopes.map(({ slug }) => slug),
    asked,
  );
}

/** The orgs that have what was typed somewhere in their names. */
export function scopesLike({ scopes }: Pick<Account, 'scopes'>, typed: string): string[] {
  return scopes.map(({ slug }) => slug).filter((slug) => fitsFilter(slug, typed));
}

/** The refusal of an org that the account does not have. `unknown_scope`. */
export function unknownScope(account: ScopedAccount, scope: string): BeamError {
  const like = scopesLike(account, scope);
  const slugs = account.scopes.map(({ slug }) => slug);
  const meant = like.length === 0 ? didYouMean(scope, slugs) : '';
  const message = `${accountTitle(account)} has no org "${printable(scope)}" for you; ${listOf(account, like)}${meant}`;
  const words = like.length > LISTED ? shellWord(scope) : '--refresh';
  return new BeamError('unknown_scope', message, { hint: { command: `beamd orgs ${words} ${accountWords(account)}` } });
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
    const found = findScope(account, asked);
    if (found === undefined) throw unknownScope(account, asked);
    return found;
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
