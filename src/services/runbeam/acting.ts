/**
 * As whom a command of `runbeam` acts, decided in one place. The first of these that is there and may do what is wanted wins:
 *
 * |   |                         | a user's work | a gateway's work | goes to                                          |
 * | - | ----------------------- | ------------- | ---------------- | ------------------------------------------------ |
 * | 1 | `--config FILE`         | yes           | yes              | the file's `server`                              |
 * | 2 | `RUNBEAM_TOKEN`         | yes           | no               | `RUNBEAM_API_URL`, else the configured cloud     |
 * | 3 | `RUNBEAM_MACHINE_TOKEN` | no            | yes              | `RUNBEAM_API_URL`, else the configured cloud     |
 * | 4 | the login               | yes           | no               | the cloud that issued it                         |
 *
 * What either may do takes any of them. A token never goes where only its own `iss` points, and nothing of a project is read.
 */
import { withAgent } from '../../agent/client/with-agent.ts';
import type { Agent } from '../../agent/protocol/agent.ts';
import { BeamError } from '../../errors.ts';
import type { Http } from '../../http.ts';
import type { AuthorizeDeps } from '../../runbeam/authorize.ts';
import type { CloudClient } from '../../runbeam/cloud/client.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Secret } from '../../secret.ts';
import { step } from '../../steps.ts';
import type { Account } from '../../store/accounts/account.ts';
import { parseServer, type Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { namingRunbeamLogin, runbeamAccount, runbeamServer, type AccountContext } from './account.ts';
import {
  configToken,
  gatewayToken,
  MACHINE_TOKEN,
  newMachineToken,
  refusal,
  USER_TOKEN,
  userToken,
  type GivenKind,
  type GivenToken,
} from './given-token.ts';

/** Whose work it is: a user's (authorizing), a gateway's, or that of either (reading). */
export type WorkOf = 'user' | 'gateway' | 'either';

export interface ActingInput {
  /** A file with a server and a token: no account, no agent. */
  readonly config?: string | undefined;
  readonly workOf: WorkOf;
}

export type ActingContext = AccountContext & Pick<Context, 'agents' | 'http' | 'signal'>;

/** What takes a user's session to a machine token: an agent, or this process with a token that was given to it. */
export type Broker = Pick<Agent, 'authorize' | 'machineToken'>;

/** Who acts, and what he can do. */
export interface Acting {
  readonly as: GivenKind | 'login';
  /** In a sentence: the path of the file, the variable, or `the login of alice@example.com`. */
  readonly title: string;
  /** Of the cloud that is asked. */
  readonly server: Server;
  readonly apiUrl: string;
  /** Absent where a token was given. */
  readonly account?: Account;
  /** Absent for a login. */
  readonly given?: GivenToken;
  /** For the servers of whoever acts, by their trust. */
  readonly http: Http;
  /**
   * A fresh token for one call; of a login another one than that which the cloud `refused`, if there is one. Throws `login_required`,
   * `session_ended`, and as `Agent.token`.
   */
  token(refused?: Secret): Promise<Secret>;
  /** The client of `@beamd/cli/runbeam`. `retries`: as it takes them. */
  cloud(options?: { readonly retries?: number }): Promise<CloudClient>;
  /** What to throw where the cloud refuses the token that was given. */
  readonly rejected?: () => BeamError;
  /** Does work that makes machine tokens. The refresh token of a login stays on its agent's side. */
  withBroker<T>(work: (broker: Broker) => Promise<T>): Promise<T>;
}

/**
 * Who acts. Throws `login_required` where nobody can, as `runbeamAccount`; `usage`, `bad_file` and `expired_token` for a
 * variable that cannot be used; `bad_config`, `bad_server`, `insecure_transport` for a file or a cloud that cannot.
 */
export async function actingFor(context: ActingContext, { config, workOf }: ActingInput): Promise<Acting> {
  const given = config === undefined ? environmentToken(context, workOf) : await configToken(context, config);
  const acting = given === undefined ? asAccount(context, await accountFor(context, workOf)) : asGiven(context, given);
  return step(`act as ${acting.title} at ${acting.apiUrl}`, () => acting);
}

/** What is there besides, and does not count: for whoever wants to know why. Never throws. */
export async function passedOver(context: ActingContext, { as }: Acting): Promise<readonly string[]> {
  if (as === 'login' || as === 'config') {
    return [USER_TOKEN, MACHINE_TOKEN].filter((name) => (context.env[name] ?? '').trim() !== '');
  }
  const other = as === 'token' ? [MACHINE_TOKEN].filter((name) => (context.env[name] ?? '').trim() !== '') : [];
  const account = await context.accounts.readIfSound(runbeamServer(context).key).catch(() => undefined);
  return account?.provider === 'runbeam' ? [...other, titleOf(account)] : other;
}

function environmentToken(context: ActingContext, workOf: WorkOf): GivenToken | undefined {
  const user = workOf === 'gateway' ? undefined : userToken(context);
  if (user !== undefined) return user;
  return workOf === 'user' ? undefined : gatewayToken(context);
}

/** The login, for what it may do; who has only a token of the other kind is told so. */
async function accountFor(context: ActingContext, workOf: WorkOf): Promise<Account> {
  if (workOf === 'gateway') {
    throw new BeamError('login_required', `This is a gateway's to do: it takes a machine token in ${MACHINE_TOKEN}`, {
      hint: newMachineToken(),
    });
  }
  try {
    return await runbeamAccount(context);
  } catch (error) {
    const onlyMachine = workOf === 'user' && (context.env[MACHINE_TOKEN] ?? '').trim() !== '';
    if (!(error instanceof BeamError) || error.code !== 'login_required' || !onlyMachine) throw error;
    const message = `${MACHINE_TOKEN} acts for a gateway, and this is a user's to do. ${error.message}`;
    throw new BeamError('login_required', message, { hint: error.hint, cause: error });
  }
}

function titleOf({ user, server }: Pick<Account, 'user' | 'server'>): string {
  return user === undefined ? `the login at ${server}` : `the login of ${printable(user)}`;
}

function asAccount(context: ActingContext, account: Account): Acting {
  const apiUrl = account.apiUrl ?? runbeamServer(context).origin;
  const http = context.http(account);
  const token: Acting['token'] = (refused) =>
    withAgentOf(context, account, async (agent) => (await agent.token(omitUndefined({ refused }))).accessToken);
  return {
    as: 'login',
    title: titleOf(account),
    server: parseServer(account.server),
    apiUrl,
    account,
    http,
    token,
    cloud: clientOf(context, { http, apiUrl, token }),
    withBroker: (work) => withAgentOf(context, account, work),
  };
}

function asGiven(context: ActingContext, given: GivenToken): Acting {
  const { kind, title, apiUrl, trust } = given;
  const http = context.http(trust);
  const { fresh: token = () => Promise.resolve(given.token) } = given;
  const rejected = (): BeamError => refusal(given);
  return {
    as: kind,
    title,
    server: parseServer(new URL(apiUrl).origin),
    apiUrl,
    given,
    http,
    token,
    rejected,
    cloud: clientOf(context, { http, apiUrl, token, rejected }),
    withBroker: (work) => work(brokerHere({ ...context, http, gatewayHttp: context.http, apiUrl, rejected, accessToken: token })),
  };
}

type ClientDeps = Pick<ConstructorParameters<typeof CloudClient>[0], 'http' | 'apiUrl' | 'token' | 'rejected'>;

/** Loaded when it is needed: most of what a command says is said without the cloud. */
function clientOf({ clock }: ActingContext, deps: ClientDeps): Acting['cloud'] {
  return async ({ retries } = {}) => {
    const { CloudClient } = await import('../../runbeam/cloud/client.ts');
    return new CloudClient({ ...deps, clock, retries });
  };
}

function brokerHere({ homes, env, http, gatewayHttp, clock, accessToken, apiUrl, rejected }: AuthorizeDeps): Broker {
  const deps = { homes, env, http, gatewayHttp, clock, accessToken, apiUrl, rejected };
  return {
    authorize: async (request) => (await import('../../runbeam/authorize.ts')).authorizeInstance(deps, request),
    machineToken: async (request) => (await import('../../runbeam/authorize.ts')).machineTokenFor(deps, request),
  };
}

/**
 * Does work with the agent of the account. With `RUNBEAM_ENCRYPTION_KEY` set that is one in this process: the variable is
 * this process's, and keys never cross the socket.
 */
async function withAgentOf<T>(
  { agents, env }: Pick<Context, 'agents' | 'env'>,
  account: Account,
  work: (agent: Agent) => Promise<T>,
): Promise<T> {
  const ownKey = (env['RUNBEAM_ENCRYPTION_KEY'] ?? '').trim() !== '';
  return namingRunbeamLogin(account, () => withAgent(ownKey ? agents.inProcess(account.key) : agents.open(account), work));
}
