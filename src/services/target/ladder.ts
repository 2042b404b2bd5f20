/**
 * The ladder: which server, scope and token a command uses, and what made it so. One for every command, so it imports
 * nothing heavy, and reads each file only when its rung is reached: a broken `.beamd` must not stop `--server` and `--scope`.
 *
 * |        | 1               | 2              | 3                | 4                     | 5                | 6             |
 * | ------ | --------------- | -------------- | ---------------- | --------------------- | ---------------- | ------------- |
 * | server | `--server`      | `BEAMD_SERVER` | `.beamd` server  | config `current`      | the only account | default host¹ |
 * | scope  | `--scope`       | `BEAMD_SCOPE`  | `.beamd` scope²  | the account's default | its first scope  |               |
 * | token  | `--config FILE` | `BEAMD_TOKEN`³ | the account's    |                       |                  |               |
 *
 * `--config FILE` short-circuits everything: its server and its token, no account, no `.beamd`, no scope.
 *
 * 1. Only with `BEAMD_TOKEN`: `BEAMD_DEFAULT_HOST`, else beamd.ai.
 * 2. A scope pinned beside a server belongs to that server alone.
 * 3. Never for a server that it is not meant for: see `environmentToken`.
 */
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import type { Account, AccountStore } from '../../store/accounts/account.ts';
import type { AppConfig } from '../../store/config/app-config.ts';
import { readGlobalConfig } from '../../store/config/beamd-config.ts';
import { findProjectPin, type ProjectPin } from '../../store/config/project-pin.ts';
import { parseServer, sameServer, type Server } from '../../store/server.ts';
import type { Context } from '../context.ts';
import { typedServer } from './typed-name.ts';

/** What decided a value. `path` names the file where one did. */
export interface Source {
  readonly kind: 'flag' | 'env' | 'project' | 'current' | 'only-account' | 'default-host' | 'default-scope' | 'first-scope';
  readonly path?: string;
}

export interface Sourced<T> {
  readonly value: T;
  readonly source: Source;
}

/** What the user said about who acts. */
export interface TargetInput {
  readonly server?: string | undefined;
  readonly scope?: string | undefined;
  /** A file with a server and a token, in place of everything else. */
  readonly config?: string | undefined;
}

export type TargetContext = Pick<Context, 'env' | 'cwd' | 'homes' | 'notify'> & {
  /** Ends waiting for a `--config` that is a pipe. */
  readonly signal?: AbortSignal;
  /** Listed only when nothing names a server; read only when an account gives the token. */
  readonly accounts: Pick<AccountStore, 'list' | 'read'>;
};

/** Where a command goes, before any account file is read. */
export interface Selection {
  readonly server: Sourced<Server>;
  /** Absent: the account's default, else its first scope. */
  readonly scope?: Sourced<string>;
}

export type Target =
  /** `--config FILE`: its server and key, no account, no scope. */
  | { readonly kind: 'app-config'; readonly server: Server; readonly appConfig: AppConfig }
  /** `BEAMD_TOKEN`: a token from the environment, no account. */
  | { readonly kind: 'env-token'; readonly server: Sourced<Server>; readonly token: Secret; readonly scope?: Sourced<string> }
  | { readonly kind: 'account'; readonly server: Sourced<Server>; readonly account: Account; readonly scope?: Sourced<string> };

/** A rung gives what it holds, with where that comes from; undefined: climb on. */
type Rung = () => Sourced<string> | undefined | Promise<Sourced<string> | undefined>;

/** What the first rung that holds something gives. */
async function climb(rungs: readonly Rung[]): Promise<Sourced<string> | undefined> {
  for (const rung of rungs) {
    const found = await rung();
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The whole ladder, with the account read. Throws as `selectTarget`, `login_required` for a server without an account,
 * `bad_config` for a `--config` file, and what reading the account throws. The scope is not checked against the account
 * here: `chooseScope` does.
 */
export async function resolveTarget(context: TargetContext, input: TargetInput): Promise<Target> {
  if (input.config !== undefined) {
    const { readAppConfig } = await import('../../store/config/app-config.ts');
    const appConfig = await readAppConfig(input.config, context.signal);
    return { kind: 'app-config', server: parseServer(appConfig.server), appConfig };
  }
  const selection = await selectTarget(context, input);
  const token = environmentToken(context, selection);
  if (token !== undefined) return { kind: 'env-token', ...selection, token };
  const account = await context.accounts.read(selection.server.value.key);
  if (account === undefined) throw notLoggedIn(selection.server);
  return omitUndefined({
    kind: 'account',
    // The account knows its scheme; a key or a bare host does not.
    server: { value: parseServer(account.server), source: selection.server.source },
    account,
    scope: account.kind === 'token' ? undefined : (selection.scope ?? accountScope(account)),
  });
}

/**
 * Climbs for server and scope. Throws `login_required` where nothing names a server, `no_server` where too much does,
 * `bad_server`, `insecure_transport`, `bad_file`, `secret_in_project`.
 */
export async function selectTarget(context: TargetContext, input: TargetInput): Promise<Selection> {
  const { env, homes } = context;
  let reading: Promise<ProjectPin | undefined> | undefined;
  const project = (): Promise<ProjectPin | undefined> => (reading ??= readProject(context));

  const named = await climb([
    () => from({ kind: 'flag' }, input.server),
    () => from({ kind: 'env' }, given(env['BEAMD_SERVER'])),
    async () => fromProject(await project(), 'server'),
    async () => from({ kind: 'current' }, (await readGlobalConfig(homes)).current),
    () => onlyAccount(context),
    () => from({ kind: 'default-host' }, defaultHost(context)),
  ]);
  if (named === undefined) throw new BeamError('login_required', 'You are not logged in', { hint: { command: 'beamd login' } });
  const typed = toServer(named);

  const scope = await climb([
    () => from({ kind: 'flag' }, input.scope),
    () => from({ kind: 'env' }, given(env['BEAMD_SCOPE'])),
    async () => fromProject(pinFor(typed.value, await project()), 'scope'),
  ]);
  // A token needs no account, and goes to the server that was named.
  const byToken = given(env['BEAMD_TOKEN']) !== undefined;
  const server = byToken ? typed : { ...typed, value: await typedServer(context, typed.value) };
  return omitUndefined({ server, scope });
}

function from(source: Source, value: string | undefined): Sourced<string> | undefined {
  return value === undefined ? undefined : { value, source };
}

/** An environment variable that is empty is one that is not there. */
function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

function fromProject(pin: ProjectPin | undefined, name: 'server' | 'scope'): Sourced<string> | undefined {
  return pin && from({ kind: 'project', path: pin.localPath ?? pin.path }, pin[name]);
}

async function readProject({ cwd, homes, notify }: TargetContext): Promise<ProjectPin | undefined> {
  const pin = await findProjectPin(cwd, homes);
  for (const warning of pin?.warnings ?? []) notify(`Warning: ${warning}`);
  return pin;
}

/** The pin, unless it names another server: its scope is that one's. */
function pinFor(server: Server, pin: ProjectPin | undefined): ProjectPin | undefined {
  return pin?.server === undefined || sameServer(parseServer(pin.server), server) ? pin : undefined;
}

async function onlyAccount({ accounts }: TargetContext): Promise<Sourced<string> | undefined> {
  const listed = await accounts.list();
  const edges = listed.accounts.filter(({ provider }) => provider === 'edge');
  if (edges.length > 1) {
    throw new BeamError('no_server', 'You are logged in to several servers, and none is the current one', {
      hint: { command: 'beamd switch SERVER' },
    });
  }
  const [problem] = listed.problems;
  if (edges[0] !== undefined || problem === undefined) return from({ kind: 'only-account' }, edges[0]?.server);
  throw new BeamError('bad_file', problem.message, { hint: { command: 'beamd accounts' } });
}

function defaultHost({ env }: TargetContext): string | undefined {
  return given(env['BEAMD_TOKEN']) === undefined ? undefined : (given(env['BEAMD_DEFAULT_HOST']) ?? 'beamd.ai');
}

/** The scope that the account itself chooses: its default, else its first (personal) one. */
function accountScope({ defaultScope, scopes }: Account): Sourced<string> | undefined {
  return from({ kind: 'default-scope' }, defaultScope) ?? from({ kind: 'first-scope' }, scopes[0]?.slug);
}

/** `BEAMD_TOKEN`, when it is for the selected server. */
function environmentToken({ env }: TargetContext, { server }: Selection): Secret | undefined {
  const token = given(env['BEAMD_TOKEN']);
  if (token === undefined) return undefined;
  const named = given(env['BEAMD_SERVER']);
  // With BEAMD_SERVER the token is that server's alone. Without, a cloned .beamd must not choose where it goes.
  const belongs = named === undefined ? server.source.kind !== 'project' : sameServer(parseServer(named), server.value);
  return belongs ? new Secret(token) : undefined;
}

function toServer({ value, source }: Sourced<string>): Sourced<Server> {
  try {
    return { value: parseServer(value), source };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    const hint = source.kind === 'current' ? { command: 'beamd switch SERVER' } : error.hint;
    throw new BeamError(error.code, error.message + placeOf(source), { hint });
  }
}

/** Where a server was named, for the error about a bad name; a flag is before the user's eyes. */
function placeOf({ kind, path }: Source): string {
  if (kind === 'env') return ' (from BEAMD_SERVER)';
  if (kind === 'current') return " (beamd's current server)";
  return path === undefined ? '' : ` (in ${path})`;
}

/** What a user reads when the selected server has no account. `login_required`. */
export function notLoggedIn({ value, source }: Sourced<Server>): BeamError {
  const who = source.kind === 'project' ? `This project uses ${value.name} (${source.path ?? '.beamd'}), and you` : 'You';
  return new BeamError('login_required', `${who} are not logged in to ${value.name}`, {
    hint: { command: `beamd login --server ${value.name}` },
  });
}
