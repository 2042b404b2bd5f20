/** The account that a command works on, and what is asked of a target and an account. */
import { BeamError } from '../../errors.ts';
import type { Account } from '../../store/accounts/account.ts';
import type { Server } from '../../store/server.ts';
import { withoutToken } from './handed-on.ts';
import { resolveTarget, type Target, type TargetContext, type TargetInput } from './ladder.ts';

export type AccountTarget = Extract<Target, { kind: 'account' }>;

/**
 * The account of the ladder, for a command that works on one. `BEAMD_TOKEN` names a token and no account, and
 * `BEAMD_AGENT_SOCK` an agent, which may be on another machine: both are left out here. Throws `usage` for `--config`, which is no account either, and as `resolveTarget`.
 */
export async function accountTarget(context: TargetContext, input: TargetInput, command: string): Promise<AccountTarget> {
  refuseNoAccount(input, command);
  const target = await resolveTarget(withoutSocket(withoutToken(context)), input).catch((error: unknown) => {
    throw context.env['BEAMD_AGENT_SOCK'] === undefined ? error : besideSocket(error, command);
  });
  if (target.kind === 'account') return target;
  throw new BeamError('failed', 'The ladder found no account although nothing else was to be found');
}

function withoutSocket(context: TargetContext): TargetContext {
  const { env } = context;
  return env['BEAMD_AGENT_SOCK'] === undefined ? context : { ...context, env: { ...env, BEAMD_AGENT_SOCK: undefined } };
}

/** Who has only such a socket can do much with it, and is told that this is not part of it. */
function besideSocket(error: unknown, command: string): unknown {
  if (!(error instanceof BeamError) || error.code !== 'login_required') return error;
  const message = `${error.message} here; the agent of BEAMD_AGENT_SOCK gives tokens alone, and ${command} works on a login`;
  return new BeamError('login_required', message, {
    hint: { text: 'Do this where you are logged in; here there are beamd token, exec, status, whoami and orgs' },
    cause: error,
  });
}

/** Refuses `--config` where a command is about accounts. Throws `usage`. */
export function refuseNoAccount({ config }: Pick<TargetInput, 'config'>, command: string): void {
  if (config === undefined) return;
  throw new BeamError('usage', `${command} works on an account; --config uses none`, {
    hint: { command: `${command} --server HOST` },
  });
}

/** The server of a target, however it was found. */
export function serverOf(target: Target): Server {
  return target.kind === 'app-config' ? target.server : target.server.value;
}

/** The server of an account, and its name among those there. */
export function namesOf({ server, name }: Account): Pick<Account, 'server' | 'name'> {
  return name === undefined ? { server } : { server, name };
}

/** Whether `account` belongs to `beamd` (the Runbeam Cloud account is `runbeam`'s). */
export function isEdge(account: Account): boolean {
  return account.provider === 'edge';
}

/** Whether the account has this scope. */
export function hasScope(account: Pick<Account, 'scopes'>, scope: string | undefined): boolean {
  return account.scopes.some(({ slug }) => slug === scope);
}
