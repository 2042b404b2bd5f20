/**
 * The ladder: which server, org and token a command uses, and what made it so. One for every command,
 * so it imports nothing heavy and reads an account file only where the caller asks for the account.
 */
import { BeamError } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import { readGlobalConfig } from '../../store/config/beamd-config.ts';
import type { Homes } from '../../store/paths.ts';
import { findProjectPin } from '../../store/config/project-pin.ts';
import { parseServer, sameServer } from '../../store/server.ts';
import type { Account, AccountStore } from '../../store/accounts/account.ts';
import type { AppConfig } from '../../store/config/app-config.ts';
import type { ProjectPin } from '../../store/config/project-pin.ts';
import type { Server } from '../../store/server.ts';
import type { Env } from '../../environment.ts';

/** What decided a value. `path` names the file where one did. */
export interface Source {
  readonly kind: 'flag' | 'env' | 'project' | 'current' | 'only-account' | 'default-host' | 'default-scope' | 'first-scope';
  readonly path?: string;
}

export interface Sourced<T> {
  readonly value: T;
  readonly source: Source;
}

/** The flags of the ladder, as typed. */
export interface LadderFlags {
  readonly server?: string | undefined;
  readonly scope?: string | undefined;
  readonly config?: string | undefined;
}

export interface ResolveDeps {
  readonly env: Env;
  readonly cwd: string;
  readonly homes: Homes;
  /** Asked only when nothing names a server. */
  readonly accounts: Pick<AccountStore, 'list'>;
}

/** Where a command goes, before any account file is read. */
export interface Selection {
  readonly server: Sourced<Server>;
  /** Absent: the account's default, else its first org. */
  readonly scope?: Sourced<string>;
}

export type Target =
  /** `--config FILE`: its server and key, no account, no org. */
  | { readonly kind: 'app-config'; readonly server: Server; readonly appConfig: AppConfig }
  /** `BEAMD_TOKEN`: a token from the environment, no account. */
  | { readonly kind: 'env-token'; readonly server: Sourced<Server>; readonly token: Secret; readonly scope?: Sourced<string> }
  | { readonly kind: 'account'; readonly server: Sourced<Server>; readonly account: Account; readonly scope?: Sourced<string> };

function given(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value;
}

function projectSource(pin: ProjectPin): Source {
  return { kind: 'project', path: pin.localPath ?? pin.path };
}

interface Candidate {
  readonly text: string;
  readonly source: Source;
}

/** Flag, then environment, then `.beamd`; the rungs that server and scope share. */
function topRungs(flag: string | undefined, env: string | undefined, pinned: Candidate | undefined): Candidate | undefined {
  if (flag !== undefined) return { text: flag, source: { kind: 'flag' } };
  const fromEnv = given(env);
  if (fromEnv !== undefined) return { text: fromEnv, source: { kind: 'env' } };
  return pinned;
}

/** Reads `.beamd` only when a rung below the environment is needed: a broken one must not stop an explicit `--server`. */
function needsProject(flags: LadderFlags, env: Env): boolean {
  const server = flags.server ?? given(env['BEAMD_SERVER']);
  const scope = flags.scope ?? given(env['BEAMD_SCOPE']);
  return server === undefined || scope === undefined;
}

/**
 * Climbs the ladder for server and org. Throws `no_server`, `bad_server`, `insecure_transport`, `bad_file`,
 * `secret_in_project`.
 */
export async function selectTarget(flags: LadderFlags, deps: ResolveDeps): Promise<Selection> {
  const pin = needsProject(flags, deps.env) ? await findProjectPin(deps.cwd, deps.homes) : undefined;
  const pinned = (text: string | undefined): Candidate | undefined =>
    pin === undefined || text === undefined ? undefined : { text, source: projectSource(pin) };
  const server = await selectServer(topRungs(flags.server, deps.env['BEAMD_SERVER'], pinned(pin?.server)), deps);
  // An org pinned together with a server belongs to that server only.
  const pinApplies = pin?.server === undefined || sameServer(parseServer(pin.server), server.value);
  const scope = topRungs(flags.scope, deps.env['BEAMD_SCOPE'], pinApplies ? pinned(pin?.scope) : undefined);
  return { server, ...(scope === undefined ? {} : { scope: { value: scope.text, source: scope.source } }) };
}

/** Where a server was named, for the error about a bad name; a flag is before the user's eyes. */
function placeOf({ kind, path }: Source): string {
  if (kind === 'env') return ' (from BEAMD_SERVER)';
  if (kind === 'current') return " (beamd's current server)";
  return path === undefined ? '' : ` (in ${path})`;
}

function serverFrom({ text, source }: Candidate): Sourced<Server> {
  try {
    return { value: parseServer(text), source };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    const hint = source.kind === 'current' ? { command: 'beamd switch SERVER' } : error.hint;
    throw new BeamError(error.code, error.message + placeOf(source), hint === undefined ? {} : { hint });
  }
}

async function selectServer(top: Candidate | undefined, deps: ResolveDeps): Promise<Sourced<Server>> {
  if (top !== undefined) return serverFrom(top);
  const { current } = await readGlobalConfig(deps.homes);
  if (current !== undefined) return serverFrom({ text: current, source: { kind: 'current' } });
  const { accounts, problems } = await deps.accounts.list();
  const edges = accounts.filter(({ provider }) => provider === 'edge');
  const [only] = edges;
  if (only !== undefined && edges.length === 1) {
    return { value: parseServer(only.server), source: { kind: 'only-account' } };
  }
  if (edges.length > 1) {
    throw new BeamError('no_server', 'You are logged in to several servers, and none is the current one', {
      hint: { command: 'beamd switch SERVER' },
    });
  }
  if (problems[0] !== undefined) throw new BeamError('bad_file', problems[0].message, { hint: { command: 'beamd accounts' } });
  if (given(deps.env['BEAMD_TOKEN']) !== undefined) {
    return { value: parseServer(given(deps.env['BEAMD_DEFAULT_HOST']) ?? 'beamd.run'), source: { kind: 'default-host' } };
  }
  throw new BeamError('login_required', 'You are not logged in', { hint: { command: 'beamd login' } });
}

/** What a user reads when the selected server has no account. */
export function notLoggedIn({ value, source }: Sourced<Server>): BeamError {
  const who = source.kind === 'project' ? `This project uses ${value.name} (${source.path ?? '.beamd'}), and you` : 'You';
  return new BeamError('login_required', `${who} are not logged in to ${value.name}`, {
    hint: { command: `beamd login --server ${value.name}` },
  });
}

/** `BEAMD_TOKEN`, when it is for the selected server. */
function environmentToken({ server }: Selection, deps: ResolveDeps): Secret | undefined {
  const token = given(deps.env['BEAMD_TOKEN']);
  if (token === undefined) return undefined;
  const named = given(deps.env['BEAMD_SERVER']);
  // With BEAMD_SERVER the token is that server's alone. Without, a cloned .beamd must not choose where it goes.
  const belongs = named === undefined ? server.source.kind !== 'project' : sameServer(parseServer(named), server.value);
  return belongs ? new Secret(token) : undefined;
}

/**
 * The whole ladder, with the account read. Throws as `selectTarget`, `login_required` for a server without an account,
 * `bad_config` for a `--config` file, and what reading the account throws. The org is not checked against the account
 * here: `chooseScope` does.
 */
export async function resolveTarget(
  flags: LadderFlags,
  deps: ResolveDeps & { readonly accounts: Pick<AccountStore, 'list' | 'read'> },
): Promise<Target> {
  if (flags.config !== undefined) {
    const { readAppConfig } = await import('../../store/config/app-config.ts');
    const appConfig = await readAppConfig(flags.config);
    return { kind: 'app-config', server: parseServer(appConfig.server), appConfig };
  }
  const selection = await selectTarget(flags, deps);
  const token = environmentToken(selection, deps);
  if (token !== undefined) return { kind: 'env-token', ...selection, token };
  const account = await deps.accounts.read(selection.server.value.key);
  if (account === undefined) throw notLoggedIn(selection.server);
  const { scope } = selection;
  return {
    kind: 'account',
    // The account knows its scheme; a key or a bare host does not.
    server: { value: parseServer(account.server), source: selection.server.source },
    account,
    ...(scope === undefined ? accountScope(account) : account.kind === 'token' ? {} : { scope }),
  };
}

function accountScope(account: Account): { scope?: Sourced<string> } {
  if (account.kind === 'token') return {};
  if (account.defaultScope !== undefined) {
    return { scope: { value: account.defaultScope, source: { kind: 'default-scope' } } };
  }
  const first = account.scopes[0];
  return first === undefined ? {} : { scope: { value: first.slug, source: { kind: 'first-scope' } } };
}
