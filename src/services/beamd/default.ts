/** `beamd default`: shows or sets the scope that is used when nothing else chooses one. */
import { unknownScope } from '../../store/accounts/choose-scope.ts';
import { BeamError } from '../../errors.ts';
import type { AccountName } from '../../store/account-key.ts';
import type { Context } from '../context.ts';
import type { TargetContext, TargetInput } from '../target/ladder.ts';
import { accountTarget, hasScope } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface DefaultInput extends TargetInput {
  /** The scope to use from now on; absent: only show the present one. */
  readonly newDefault?: string | undefined;
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
}

/** Throws `unknown_scope` for a scope that the account does not have, and as `resolveTarget`. */
export async function defaultScope(
  context: TargetContext & Pick<Context, 'accounts'>,
  input: DefaultInput,
): Promise<DefaultResult> {
  const { account } = await accountTarget(context, input, 'beamd default');
  const { newDefault } = input;
  if (account.kind === 'token' && newDefault !== undefined) {
    throw new BeamError('unknown_scope', `${account.server} is self-hosted and has no orgs`);
  }
  if (newDefault !== undefined) {
    if (!hasScope(account, newDefault)) throw unknownScope(account, newDefault);
    await context.accounts.update(account.key, (stored) => ({ ...stored, defaultScope: newDefault }));
  }
  const chosen = newDefault ?? account.defaultScope ?? account.scopes[0]?.slug;
  return omitUndefined({
    server: account.server,
    name: account.name,
    stale: chosen !== undefined && !hasScope(account, chosen),
    changed: newDefault !== undefined && newDefault !== account.defaultScope,
    defaultScope: chosen,
  });
}
