/** Who acts, and which account a command works on where it must be one. */
import { BeamError } from '../../errors.ts';
import type { Account } from '../../store/accounts/account.ts';
import type { Server } from '../../store/server.ts';
import type { Context } from '../context.ts';
import type { Env } from '../../environment.ts';
import { resolveTarget, type Target } from './ladder.ts';

/** What the user said about who acts. */
export interface TargetFlags {
  readonly server?: string;
  readonly scope?: string;
  readonly config?: string;
}

export type AccountTarget = Extract<Target, { kind: 'account' }>;

/** The ladder with this context. Throws as `resolveTarget`. */
export function findTarget(flags: TargetFlags, context: Context): Promise<Target> {
  return climb(flags, context, context.env);
}

/**
 * The account of the ladder. `BEAMD_TOKEN` names a token and no account, so it is left out here.
 * Throws `usage` for `--config`, which is no account either, and as `resolveTarget`.
 */
export async function accountTarget(flags: TargetFlags, context: Context, command: string): Promise<AccountTarget> {
  if (flags.config === undefined) {
    const target = await climb(flags, context, { ...context.env, BEAMD_TOKEN: undefined });
    if (target.kind === 'account') return target;
  }
  throw new BeamError('usage', `${command} works on an account; --config uses none`, {
    hint: { command: `${command} --server HOST` },
  });
}

function climb(flags: TargetFlags, { accounts, cwd, homes }: Context, env: Env): Promise<Target> {
  return resolveTarget(flags, {
    env,
    cwd,
    homes,
    accounts,
  });
}

/** The server of a target, however it was found. */
export function serverOf(target: Target): Server {
  return target.kind === 'app-config' ? target.server : target.server.value;
}

/** Whether `account` belongs to `beamd` (the Runbeam Cloud account is `runbeam`'s). */
export function isEdge(account: Account): boolean {
  return account.provider === 'edge';
}

/** Whether the account has this org. */
export function hasOrg(account: Pick<Account, 'scopes'>, org: string | undefined): boolean {
  return account.scopes.some(({ slug }) => slug === org);
}
