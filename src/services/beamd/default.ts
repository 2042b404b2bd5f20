/** `beamd default`: shows or sets the org that is used when nothing else chooses one. */
import { unknownScope } from '../../store/accounts/choose-scope.ts';
import { BeamError } from '../../errors.ts';
import type { Context } from '../context.ts';
import { accountTarget, hasOrg, type TargetFlags } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export interface DefaultResult {
  readonly server: string;
  /** Absent on an account without orgs. */
  readonly defaultScope?: string;
  /** The stored default is not among the account's orgs any more. */
  readonly stale: boolean;
  readonly changed: boolean;
}

/** Throws `unknown_scope` for an org that the account does not have, and as `resolveTarget`. */
export async function defaultScope(flags: TargetFlags, org: string | undefined, context: Context): Promise<DefaultResult> {
  const { account } = await accountTarget(flags, context, 'beamd default');
  if (account.kind === 'token' && org !== undefined) {
    throw new BeamError('unknown_scope', `${account.server} is self-hosted and has no orgs`);
  }
  if (org !== undefined && !hasOrg(account, org)) throw unknownScope(account, org);
  if (org !== undefined) await context.accounts.update(account.key, (stored) => ({ ...stored, defaultScope: org }));
  const chosen = org ?? account.defaultScope ?? account.scopes[0]?.slug;
  return omitUndefined({
    server: account.server,
    stale: chosen !== undefined && !hasOrg(account, chosen),
    changed: org !== undefined && org !== account.defaultScope,
    defaultScope: chosen,
  });
}
