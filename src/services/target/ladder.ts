/**
 * The ladder: which server, account, scope and token a command uses, and what made it so. One for every command, so it imports
 * nothing heavy, and reads each file only when its rung is reached: a broken `.beamd` must not stop `--server` and `--scope`.
 *
 * |         | 1               | 2               | 3                 | 4                     | 5                | 6             |
 * | ------- | --------------- | --------------- | ----------------- | --------------------- | ---------------- | ------------- |
 * | server  | `--server`      | `BEAMD_SERVER`  | `.beamd` server   | config `current`      | the only account | default host¹ |
 * | account | `--account`     | `BEAMD_ACCOUNT` | `.beamd` account² | config `current`⁴     | the one without a name, else the only one |
 * | scope   | `--scope`       | `BEAMD_SCOPE`   | `.beamd` scope²   | the account's default | its first scope  |               |
 * | token   | `--config FILE` | `BEAMD_TOKEN`³  | `BEAMD_AGENT_SOCK`⁵ | the account's       |                  |               |
 *
 * `--config FILE` short-circuits everything: its server and its token, no account, no `.beamd`, no scope; a flag that says otherwise is
 * refused. Nor is there a scope beside a `BEAMD_TOKEN` that is of one org: see `isOfOneOrg`.
 *
 * 1. Only with `BEAMD_TOKEN`: `BEAMD_DEFAULT_HOST`, else beamd.ai.
 * 2. What is pinned beside a server belongs to that server alone.
 * 3. Never for a server that it is not meant for: see `environmentToken`. One that was handed on (`handed-on.ts`) says which account or
 *    socket is meant, and that gives a fresh one.
 * 5. If nothing names another server or account than that of its agent: see `agent-socket.ts`.
 * 4. If it is of that server. One that names an account that is not there is passed over, with a note.
 */
import { variable } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { namesFrom } from '../../matching.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Secret } from '../../secret.ts';
import { accountKey, NAMELESS, parseAccountName, splitAccountKey, type AccountName } from '../../store/account-key.ts';
import type { Account, AccountStore } from '../../store/accounts/account.ts';
import { findScope } from '../../store/accounts/choose-scope.ts';
import type { AppConfig } from '../../store/config/app-config.ts';
import { parseServer, sameServer, type Server } from '../../store/server.ts';
import type { Agents } from '../../agent/client/agents.ts';
import type { Context } from '../context.ts';
import {
  from,
  fromCurrent,
  fromCurrentOn,
  fromDefault,
  fromEnvOf,
  fromPinOf,
  fromProject,
  hasNameless,
  onlyAccount,
  orNothing,
} from './candidates.ts';
import { climb, type Explain, type Rung, type Source, type Sourced } from './climb.ts';
import { environmentToken, isOfOneOrg, OF_ONE_ORG } from './environment-token.ts';
import { handedOn, isBehindSocket } from './handed-on.ts';
import { notLoggedIn, placeOf, severalAccounts, titleOf } from './refusals.ts';
import { readConfigFile, settingsOf, type Settings } from './settings.ts';
import { accountsOn, begunServer, listedOnce, typedServer } from './typed-name.ts';

/** What the user said about who acts. */
export interface TargetInput {
  readonly server?: string | undefined;
  /** Name of an account of that server; `-`: the one without a name. */
  readonly account?: string | undefined;
  readonly scope?: string | undefined;
  /** A file with a server and a token, in place of everything else. */
  readonly config?: string | undefined;
  /** The command only reads: of a server and a scope that are typed as flags, the beginning is enough where only one has it. */
  readonly reads?: boolean;
}

export type TargetContext = Pick<Context, 'env' | 'cwd' | 'homes' | 'warn'> & {
  /** Finds the agent of `BEAMD_AGENT_SOCK`; without it that is passed over. */
  readonly agents?: Pick<Agents, 'listening'>;
  /** Ends waiting for a `--config` that is a pipe. */
  readonly signal?: AbortSignal;
  /** Told of every candidate, and why it lost: for `beamd why`. */
  readonly explain?: Explain;
  /** Listed only when nothing names a server; read only when an account gives the token. */
  readonly accounts: Pick<AccountStore, 'keys' | 'list' | 'read'>;
};

/** Where a command goes, before any account file is read. */
export interface Selection {
  readonly server: Sourced<Server>;
  /** Absent: the account's default, else its first scope. */
  readonly scope?: Sourced<string>;
  /** One that is named beside a token of one org, and does not count. */
  readonly passedScope?: Sourced<string>;
}

/** Which account of a server is meant, before its file is read. */
export interface SelectedAccount {
  readonly key: string;
  readonly name?: AccountName;
  readonly source: Source;
  /** The accounts that the server has here: their keys. */
  readonly among: readonly string[];
}

export type Target =
  /** `--config FILE`: its server and key, no account, no scope. */
  | {
      readonly kind: 'app-config';
      readonly server: Server;
      readonly appConfig: AppConfig;
      /** It is no file, but the socket of `BEAMD_AGENT_SOCK`, whose agent may be asked for an org. */
      readonly source?: { readonly kind: 'agent-socket' };
      readonly scope?: Sourced<string>;
    }
  /** `BEAMD_TOKEN`: a token from the environment, no account. */
  | ({ readonly kind: 'env-token'; readonly token: Secret } & Selection)
  | {
      readonly kind: 'account';
      readonly server: Sourced<Server>;
      readonly account: Account;
      /** What chose it among the accounts of the server. */
      readonly accountSource: Source;
      readonly scope?: Sourced<string>;
      /** It stands in for the token that was handed on in the environment. */
      readonly handedOn?: true;
    };

/**
 * The whole ladder, with the account read. Throws as `selectTarget`, `login_required` for a server without an account,
 * `bad_config` for a `--config` file, and what reading the account throws. The scope is not checked against the account
 * here: `chooseScope` does.
 */
export async function resolveTarget(whole: TargetContext, input: TargetInput, explain?: Explain): Promise<Target> {
  if (input.config !== undefined) {
    const appConfig = await readConfigFile(whole, input.config);
    refuseBeside(input, parseServer(appConfig.server));
    const source = { kind: 'app-config', path: appConfig.path } as const;
    explain?.({ topic: 'server', source, value: appConfig.server, state: 'won' });
    explain?.({ topic: 'token', source, state: 'won' });
    return { kind: 'app-config', server: parseServer(appConfig.server), appConfig };
  }
  const { env, homes, warn, agents } = whole;
  const accounts = listedOnce(whole.accounts);
  // The folder is looked up when a rung needs it: it may be gone.
  const context: TargetContext = {
    ...omitUndefined({ env, homes, warn, agents, accounts, explain }),
    get cwd() {
      return whole.cwd;
    },
  };
  const settings = settingsOf(context);
  if (variable(env, 'BEAMD_AGENT_SOCK') !== undefined && (variable(env, 'BEAMD_TOKEN') === undefined || isBehindSocket(env))) {
    const { agentSocketTarget } = await import('./agent-socket.ts');
    const offered = await agentSocketTarget(context, input, settings);
    if (offered !== undefined) return offered;
  }
  const selection = await selectTarget(context, input, settings);
  const token = tokenOf(context, selection);
  if (token !== undefined) return { kind: 'env-token', ...selection, token };
  const selected = await selectAccount(context, input, selection.server, settings);
  const account = await context.accounts.read(selected.key);
  if (account === undefined) throw notLoggedIn(selection.server, selected, context.accounts.keys());
  const own = await accountScope(account, explain, selection);
  const scope = account.kind === 'token' ? undefined : (spelled(account, selection.scope, input) ?? own);
  return omitUndefined({
    kind: 'account',
    // The account knows its scheme; a key or a bare host does not.
    server: { value: parseServer(account.server), source: selection.server.source },
    account,
    accountSource: selected.source,
    scope,
    handedOn: handedOn(env, accounts)?.key === selected.key ? true : undefined,
  });
}

/** What a file decides cannot be said otherwise beside it; the environment and a project may, and do not count. */
function refuseBeside({ server, account, scope }: TargetInput, own: Server): void {
  const other = server !== undefined && !sameServer(parseServer(server), own);
  const flag = other ? '--server' : account !== undefined ? '--account' : scope !== undefined ? '--scope' : undefined;
  if (flag === undefined) return;
  throw new BeamError('usage', `The file of --config says who acts, and where: ${flag} does not go with it`, {
    hint: { text: `Leave out ${flag}, or --config` },
  });
}

/**
 * Climbs for server and scope. Throws `login_required` where nothing names a server, `no_server` where too much does,
 * `bad_server`, `insecure_transport`, `bad_file`, `secret_in_project`.
 */
export async function selectTarget(
  context: TargetContext,
  input: TargetInput,
  settings: Settings = settingsOf(context),
): Promise<Selection> {
  const { env, explain } = context;
  // A token needs no account, and goes to the server that was named.
  const handed = handedOn(env, context.accounts);
  const byToken = variable(env, 'BEAMD_TOKEN') !== undefined && handed === undefined;
  const named = await climb({ topic: 'server', explain }, [
    ['flag', () => from({ kind: 'flag' }, input.server)],
    ['env', () => from({ kind: 'env' }, variable(env, 'BEAMD_SERVER'))],
    ['project', async () => fromProject(await settings.project(), 'server')],
    ['current', async () => fromCurrent(await settings.current())],
    ['only-account', () => onlyAccount(context)],
    ['default-host', () => fromDefault(env, byToken)],
  ]);
  if (named === undefined) throw new BeamError('login_required', 'You are not logged in', { hint: { command: 'beamd login' } });
  const begun = input.reads === true && named.source.kind === 'flag' && !byToken;
  const typed = begun ? { ...named, value: await begunServer(context, named.value) } : toServer(named);

  const { token } = environmentToken(context, typed);
  const scopes = await climbForScope(context, token === undefined || !isOfOneOrg(env, token), {
    flag: () => from({ kind: 'flag' }, input.scope),
    env: () => fromEnvOf(context, typed.value, variable(env, 'BEAMD_SCOPE'), handed && { ...handed, own: handed.scope }),
    project: () => fromPinOf(context, typed.value, settings, 'scope'),
  });
  const server = byToken ? typed : { ...typed, value: await typedServer(context, typed.value) };
  return { server, ...scopes };
}

/**
 * Climbs for the account of a server; whether it is there, reading it tells. Throws `usage` for what is no name and where
 * several fit and none is chosen, and as `selectTarget`. `settings` are those that found the server: each file is read once.
 */
export async function selectAccount(
  context: TargetContext,
  input: TargetInput,
  { value: server, source: { kind } }: Sourced<Server>,
  settings: Settings,
): Promise<SelectedAccount> {
  const among = accountsOn(context, server);
  const handed = handedOn(context.env, context.accounts);
  const own = handed && (splitAccountKey(handed.key).name ?? NAMELESS);
  // For what it runs, `beamd exec` names no account that has no name.
  const inEnv = variable(context.env, 'BEAMD_ACCOUNT') ?? (own === NAMELESS ? NAMELESS : undefined);
  // The user named the server and it has one account at most: a file that cannot be read has nothing to choose.
  const isSettled = (kind === 'flag' || kind === 'env') && among.length < 2;
  const unlessSettled = <T>(read: () => Promise<T | undefined>) => (isSettled ? orNothing(read) : read());
  const named = await climb({ topic: 'account', explain: context.explain }, [
    ['flag', () => from({ kind: 'flag' }, input.account)],
    ['env', () => fromEnvOf(context, server, inEnv, handed && { ...handed, own })],
    ['project', () => unlessSettled(() => fromPinOf(context, server, settings, 'account'))],
    ['current', async () => fromCurrentOn(context, server, await unlessSettled(() => settings.current()))],
    ['nameless-account', () => from({ kind: 'nameless-account' }, hasNameless(among, server) ? NAMELESS : undefined)],
    ['only-account', () => from({ kind: 'only-account' }, among.length === 1 ? splitAccountKey(among[0] ?? '').name : undefined)],
  ]);
  if (named === undefined) throw severalAccounts(server, among.map(titleOf));
  const name = toName(named);
  return omitUndefined({ key: accountKey(server, name), name, source: named.source, among });
}

function toName({ value, source }: Sourced<string>): AccountName | undefined {
  try {
    return parseAccountName(value);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    const code = source.kind === 'project' ? 'bad_file' : error.code;
    throw new BeamError(code, error.message + placeOf(source, 'BEAMD_ACCOUNT'), { hint: error.hint });
  }
}

/** The scope that the account itself chooses: its default, else its first (personal) one. */
function accountScope(
  { defaultScope, scopes }: Account,
  explain: Explain | undefined,
  { scope }: Selection,
): Promise<Sourced<string> | undefined> {
  return climb({ topic: 'scope', explain, beaten: scope !== undefined }, [
    ['default-scope', () => from({ kind: 'default-scope' }, defaultScope)],
    ['first-scope', () => from({ kind: 'first-scope' }, scopes[0]?.slug)],
  ]);
}

/** A scope as the account spells it; of what no org is called, it is left to others to say so. */
function spelled(account: Account, scope: Sourced<string> | undefined, { reads }: TargetInput): Sourced<string> | undefined {
  if (scope === undefined) return undefined;
  const [only, ...others] =
    reads === true && scope.source.kind === 'flag'
      ? namesFrom(
          account.scopes.map(({ slug }) => slug),
          scope.value,
        )
      : [findScope(account, scope.value)];
  return only === undefined || others.length > 0 ? scope : { ...scope, value: only };
}

/** The token of the environment, if it counts; else the account gives one. */
function tokenOf(context: TargetContext, { server }: Selection): Secret | undefined {
  const { token, passed } = environmentToken(context, server);
  const state = passed === undefined ? ({ state: 'absent' } as const) : ({ state: 'passed', reason: passed } as const);
  context.explain?.({ topic: 'token', source: { kind: 'env' }, ...(token === undefined ? state : { state: 'won' }) });
  context.explain?.({ topic: 'token', source: { kind: 'account' }, state: token === undefined ? 'won' : 'lost' });
  return token;
}

type ScopeRung = Rung[1];

/**
 * The scope that is named. Beside a token of one org none counts: the first is kept as `passed`, and the rungs below are looked at only
 * for whoever wants to know why.
 */
async function climbForScope(
  { explain }: TargetContext,
  counts: boolean,
  { flag, env, project }: Readonly<Record<'flag' | 'env' | 'project', ScopeRung>>,
): Promise<Pick<Selection, 'scope' | 'passedScope'>> {
  let passedScope: Sourced<string> | undefined;
  const rung =
    (read: ScopeRung): ScopeRung =>
    async () => {
      if (passedScope !== undefined && explain === undefined) return undefined;
      const found = await read();
      if (counts || found === undefined || 'passed' in found) return found;
      passedScope ??= found;
      return { ...found, passed: OF_ONE_ORG };
    };
  const scope = await climb({ topic: 'scope', explain }, [
    ['flag', rung(flag)],
    ['env', rung(env)],
    ['project', rung(project)],
  ]);
  return omitUndefined({ scope, passedScope });
}

function toServer({ value, source }: Sourced<string>): Sourced<Server> {
  try {
    return { value: parseServer(value), source };
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    const hint = source.kind === 'current' ? { command: 'beamd switch SERVER' } : error.hint;
    throw new BeamError(error.code, error.message + placeOf(source, 'BEAMD_SERVER'), { hint });
  }
}
