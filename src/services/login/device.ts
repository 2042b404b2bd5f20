/** Device login to an edge. */
import { discoverDialect } from '../../auth/discover.ts';
import type { Dialect, Session } from '../../auth/dialect/dialect.ts';
import { findScope, unknownScope } from '../../store/accounts/choose-scope.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords, issuerCommand } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { accountKey, parseAccountName, splitAccountKey, type AccountName } from '../../store/account-key.ts';
import { parseServer, type Server } from '../../store/server.ts';
import type { Account } from '../../store/accounts/account.ts';
import { printable, shellWord } from '../../text.ts';
import { placeOf } from './account-name.ts';
import { nothingSaved, type LoginPlan, type SavedEnd } from './approve.ts';
import { loginOnce } from './one-login.ts';
import { markFor, resumeLogin } from './pending.ts';
import { EARLIER_SESSIONS, earlierDefault, newCredential, otherCurrent, saveLogin } from './save.ts';
import type { DeviceLoginContext, LoginInput, LoginResult } from './types.ts';
import { keepOrRevoke } from './unsaved.ts';

/** A login whose server and name are chosen. */
export type DeviceLoginInput = Omit<LoginInput, 'server' | 'account' | 'token'> & {
  readonly server: Server;
  readonly name: AccountName | undefined;
  /** As `Account.ca`. */
  readonly ca?: string | undefined;
};

/** Throws as `login`. */
export function deviceLogin(context: DeviceLoginContext, input: DeviceLoginInput): Promise<LoginResult> {
  const plan = edgePlan(context, input);
  return loginOnce(context, plan, { browser: input.browser, mark: markFor(context, plan.wish) });
}

/** Nothing is kept of a login that fails, its CA neither. */
function caWords(caFile: string | undefined): string {
  return caFile === undefined ? '' : ` --ca-file ${shellWord(caFile)}`;
}

/** A login to an edge. */
export function edgePlan(context: DeviceLoginContext, input: DeviceLoginInput): LoginPlan<LoginResult> {
  const { server, name, scope, insecure, ca, caFile, clientId, issuer } = input;
  const named = { server: server.name, name };
  const key = accountKey(server, name);
  return {
    wish: omitUndefined({ program: 'beamd', server: server.name, name, scope, insecure, ca, clientId, issuer }),
    server,
    place: server.name,
    key,
    again: `${issuer === undefined ? `beamd login ${accountWords(named)}` : issuerCommand(named, issuer)}${caWords(caFile)}`,
    instead: 'an API key: beamd --config FILE',
    prepare: async () => {
      // Before anything is asked: an approved login must not be lost to a full disk or to a keyring that does not answer.
      await context.accounts.prepare(key);
      return findDialect(context, input);
    },
    finish: (dialect, session) => finishLogin(context, input, dialect, session),
    saved: ({ account, current, replaced, earlierSession }) =>
      omitUndefined({ kind: 'saved', key: account.key, current, replaced, earlierSession }),
    rejoin: (end) => rejoinEdge(context, end),
  };
}

/** Goes on with a login that `--no-wait` began. Throws as `resumeLogin`. */
export function resumeDeviceLogin(context: DeviceLoginContext, id: string): Promise<LoginResult> {
  return resumeLogin(context, id, {
    program: 'beamd',
    planOf: ({ server, name, ...rest }) =>
      edgePlan(context, {
        ...rest,
        server: parseServer(server),
        name: name === undefined ? undefined : parseAccountName(name),
      }),
    rejoin: (end) => rejoinEdge(context, end),
  });
}

async function rejoinEdge(context: DeviceLoginContext, end: SavedEnd): Promise<LoginResult | undefined> {
  const account = await context.accounts.readIfSound(end.key);
  if (account?.provider !== 'edge' || account.endedAt !== undefined) return undefined;
  const { current, replaced } = end;
  const earlierSession = EARLIER_SESSIONS.find((known) => known === end.earlierSession);
  return omitUndefined({
    ...{ account, current, replaced, earlierSession },
    currentAccount: await otherCurrent(context, account),
    check: 'valid',
  });
}

/** Saves the session of a login that was approved. Throws as `login`. */
async function finishLogin(
  context: DeviceLoginContext,
  input: Pick<DeviceLoginInput, 'server' | 'name' | 'scope' | 'insecure' | 'ca'>,
  dialect: Dialect,
  session: Session,
): Promise<LoginResult> {
  const { server, scope, name } = input;
  const account = typedBy(server, accountOf(session, { name, dialect, insecure: input.insecure, ca: input.ca }));
  const credential = newCredential(context, session);
  const chosen = scope === undefined ? undefined : findScope(account, scope);
  return keepOrRevoke(context, { account, credential }, async () => {
    const refusal =
      (await takeover(context, account)) ??
      (scope !== undefined && chosen === undefined ? unknownScope(account, scope) : undefined);
    if (refusal !== undefined) throw refusal;
    const defaultScope = chosen ?? (await earlierDefault(context, account)) ?? account.scopes[0]?.slug;
    if (session.orgsUnknown !== undefined)
      context.warn(`The orgs of this login are not known: ${session.orgsUnknown}`, {
        command: `beamd orgs --refresh ${accountWords(account)}`,
      });
    const saved = await saveLogin(context, omitUndefined({ ...account, defaultScope }), credential);
    return { ...saved, check: 'valid' };
  });
}

async function findDialect(
  context: DeviceLoginContext,
  { server, name, insecure, ca, clientId, issuer }: DeviceLoginInput,
): Promise<Dialect> {
  const whose = { server: server.name, name, provider: 'edge', issuer } as const;
  const http = context.http(omitUndefined({ ...whose, insecureSkipVerify: insecure, ca }));
  const options = omitUndefined({ http, clock: context.clock, clientId, issuer, signal: context.signal });
  const asking = { line: `Asking ${server.name} how to log in`, left: nothingSaved };
  const dialect = await context.waiting(asking, () => discoverDialect(server, options));
  if (dialect !== undefined) return dialect;
  if (issuer !== undefined) {
    throw new BeamError('no_device_login', `There is no discovery document of the issuer ${printable(issuer)}`, {
      hint: { text: 'Give --issuer as the issuer of the OpenID configuration has it' },
    });
  }
  throw new BeamError('no_device_login', `${server.name} offers no device login: it is self-hosted and takes a token`, {
    hint: { command: `beamd login ${accountWords({ server: server.name, name })} --token -` },
  });
}

/** What was typed goes on to name the account, where its server calls itself otherwise. */
function typedBy(server: Server, account: Account): Account {
  return splitAccountKey(account.key).serverKey === server.key ? account : { ...account, typedAs: [server.name] };
}

interface Origin {
  readonly name: AccountName | undefined;
  readonly dialect: Dialect;
  readonly insecure: boolean;
  readonly ca: string | undefined;
}

function accountOf(session: Session, { name, dialect, insecure, ca }: Origin): Account {
  const edge = parseServer(session.edge);
  return omitUndefined({
    ...placeOf(edge, name),
    provider: 'edge',
    kind: 'session',
    dialect: dialect.name,
    scopes: session.scopes,
    storage: 'age',
    user: session.user,
    controlPlane: session.controlPlane,
    issuer: session.issuer,
    clientId: session.clientId,
    insecureSkipVerify: insecure ? true : undefined,
    ca,
  });
}

/**
 * The server that gives the session names the edge that it is for. One that is not that edge must not put its session in the
 * place of a login that came another way: commands would then act for somebody else there.
 */
async function takeover({ accounts }: DeviceLoginContext, account: Account): Promise<BeamError | undefined> {
  if (account.controlPlane === undefined) return undefined;
  const earlier = await accounts.readIfSound(account.key);
  if (earlier === undefined || (earlier.controlPlane ?? earlier.server) === account.controlPlane) return undefined;
  const way = earlier.controlPlane === undefined ? '' : ` through ${earlier.controlPlane}`;
  return new BeamError(
    'forbidden',
    `${account.controlPlane} gave a login for ${accountTitle(account)}, where you are logged in already${way}`,
    { hint: { command: `beamd logout ${accountWords(account)}` } },
  );
}
