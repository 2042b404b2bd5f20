/** `beamd default`: shows, sets or unsets the scope that is used when nothing else chooses one. */
import { findScope, scopesLike, unknownScope } from '../../store/accounts/choose-scope.ts';
import { BeamError } from '../../errors.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Account } from '../../store/accounts/account.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import type { TargetContext, TargetInput } from '../target/ladder.ts';
import type { Source } from '../target/climb.ts';
import { accountTarget, hasScope, type AccountTarget } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface DefaultInput extends TargetInput {
  /** The scope to use from now on; absent: only show the present one. */
  readonly newDefault?: string | undefined;
  /** Have none: the account's first scope acts then. */
  readonly unset?: boolean;
  /** Ask on the terminal which. */
  readonly choose?: boolean;
}

export interface DefaultResult {
  readonly server: string;
  /** Name of the account, where it has one. */
  readonly name?: AccountName;
  /** Absent on an account without scopes. */
  readonly defaultScope?: string;
  /** The stored default is not among the account's scopes any more. */
  readonly stale: boolean;
  readonly changed: boolean;
  /** The command was one that sets or unsets it. */
  readonly asked: 'show' | 'set' | 'unset';
}

type DefaultContext = TargetContext & Pick<Context, 'accounts' | 'choose' | 'notify'>;

/**
 * Throws `unknown_scope` for a scope that the account does not have, `usage` where one is to be chosen and nobody can be asked,
 * and as `resolveTarget`.
 */
export async function defaultScope(context: DefaultContext, input: DefaultInput): Promise<DefaultResult> {
  const unset = input.unset === true;
  const asked = unset ? 'unset' : input.newDefault === undefined && input.choose !== true ? 'show' : 'set';
  const target = await accountTarget(context, { ...input, reads: asked === 'show' }, 'beamd default');
  const { account } = target;
  const wanted = asked === 'set' ? await wantedScope(context, account, input.newDefault) : undefined;
  if (asked !== 'show') {
    await context.accounts.update(account.key, ({ defaultScope: _, ...stored }) =>
      omitUndefined({ ...stored, defaultScope: wanted }),
    );
  }
  const before = account.defaultScope;
  const chosen = (unset ? undefined : (wanted ?? before)) ?? account.scopes[0]?.slug;
  if (asked === 'show') tellWhatActs(context, target, chosen);
  return omitUndefined({
    server: account.server,
    name: account.name,
    stale: chosen !== undefined && !hasScope(account, chosen),
    changed: asked !== 'show' && wanted !== before,
    asked,
    defaultScope: chosen,
  });
}

/** By its whole name, or chosen on the terminal among those that are like it. */
async function wantedScope({ choose }: DefaultContext, account: Account, typed: string | undefined): Promise<string> {
  if (account.kind === 'token') {
    throw new BeamError('unknown_scope', `${account.server} is self-hosted and has no orgs`, {
      hint: { command: 'beamd accounts' },
    });
  }
  const found = typed === undefined ? undefined : findScope(account, typed);
  if (found !== undefined) return found;
  const slugs = account.scopes.map(({ slug }) => slug);
  const isLike = typed === undefined || scopesLike(account, typed).length > 0;
  const chosen = isLike ? await choose('Which org is the default?', slugs, startOf(account, typed)) : undefined;
  const slug = chosen === undefined ? undefined : slugs[chosen];
  if (slug !== undefined) return slug;
  if (typed !== undefined) throw unknownScope(account, typed);
  throw new BeamError('usage', 'Say which org is to be the default', { hint: { command: 'beamd default ORG' } });
}

function startOf({ scopes, defaultScope }: Account, typed: string | undefined) {
  const first = scopes.findIndex(({ slug }) => slug === defaultScope);
  return typed === undefined && first !== -1 ? { first } : { typed };
}

/** The default is not what acts where something else chooses, and one that has no org any more never does. */
function tellWhatActs({ notify, warn }: DefaultContext, { account, scope }: AccountTarget, chosen: string | undefined): void {
  if (chosen === undefined) {
    const why = account.kind === 'token' ? 'is self-hosted and has no orgs' : 'has no orgs for you';
    notify(`${account.server} ${why}, so there is no default org`);
  } else if (!hasScope(account, chosen)) {
    warn(`The default org ${printable(chosen)} is not among your orgs on ${account.server} any more`, {
      command: 'beamd default ORG',
    });
  }
  const where = scope && PLACES[scope.source.kind];
  if (scope === undefined || where === undefined || scope.value === chosen) return;
  notify(
    `Here ${printable(scope.value)} acts instead: ${where}${scope.source.path === undefined ? '' : printable(scope.source.path, 1_000)}`,
  );
}

const PLACES: Readonly<Partial<Record<Source['kind'], string>>> = { env: 'BEAMD_SCOPE names it', project: 'it stands in ' };
