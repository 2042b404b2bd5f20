/** Device login: show the URL and the code, wait, save. */
import { sessionDialect } from '../../auth/session-dialect.ts';
import { discoverDialect } from '../../auth/discover.ts';
import { pollUntilDone } from '../../auth/device-flow/poll.ts';
import type { Dialect, Session } from '../../auth/dialect/dialect.ts';
import { findScope, unknownScope } from '../../store/accounts/choose-scope.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle, accountWords, issuerCommand } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { accountKey, splitAccountKey, type AccountName } from '../../store/account-key.ts';
import { parseServer, type Server } from '../../store/server.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import { printable } from '../../text.ts';
import type { Left } from '../waiting.ts';
import { placeOf } from './account-name.ts';
import { earlierDefault, newCredential, saveLogin } from './save.ts';
import type { DeviceLoginContext, LoginInput, LoginResult } from './types.ts';

/** A login whose server and name are chosen. */
export type DeviceLoginInput = Omit<LoginInput, 'server' | 'account' | 'token'> & {
  readonly server: Server;
  readonly name: AccountName | undefined;
};

/** What a login that was interrupted before it was approved leaves behind. */
export const nothingSaved = (): Left => ({ message: 'the login was not finished, and nothing was saved' });

/** Throws as `login`. */
export async function deviceLogin(context: DeviceLoginContext, input: DeviceLoginInput): Promise<LoginResult> {
  const dialect = await prepareLogin(context, input);
  const session = await approve(context, {
    dialect,
    ...whatIsApproved(input),
    browser: input.browser,
    instead: 'an API key: beamd --config FILE',
  });
  return finishLogin(context, input, dialect, session);
}

/** Makes sure that a login can be kept, and finds out how the server has it. Throws as `login`. */
export async function prepareLogin(context: PreparingContext, input: DeviceLoginInput): Promise<Dialect> {
  // Before anything is asked: an approved login must not be lost to a full disk or to a keyring that does not answer.
  await context.accounts.prepare(accountKey(input.server, input.name));
  return findDialect(context, input);
}

/** What a login is for, as its approval tells it. */
export function whatIsApproved({ server, name, issuer }: Pick<DeviceLoginInput, 'server' | 'name' | 'issuer'>) {
  const named = { server: server.name, name };
  const again = issuer === undefined ? `beamd login ${accountWords(named)}` : issuerCommand(named, issuer);
  return { server, place: server.name, key: accountKey(server, name), again };
}

/** Saves the session of a login that was approved. Throws as `login`. */
export async function finishLogin(
  context: DeviceLoginContext,
  input: Pick<DeviceLoginInput, 'server' | 'name' | 'scope' | 'insecure'>,
  dialect: Dialect,
  session: Session,
): Promise<LoginResult> {
  const { server, scope, name } = input;
  const account = typedBy(server, accountOf(session, { name, dialect, insecure: input.insecure }));
  const credential = newCredential(context, session);
  const chosen = scope === undefined ? undefined : findScope(account, scope);
  const refusal =
    (await takeover(context, account)) ??
    (scope !== undefined && chosen === undefined ? unknownScope(account, scope) : undefined);
  if (refusal !== undefined) {
    await revokeUnused(context, account, credential);
    throw refusal;
  }
  const defaultScope = chosen ?? (await earlierDefault(context, account)) ?? account.scopes[0]?.slug;
  if (session.orgsUnknown !== undefined)
    context.warn(`The orgs of this login are not known: ${session.orgsUnknown}`, {
      command: `beamd orgs --refresh ${accountWords(account)}`,
    });
  const saved = await saveLogin(context, omitUndefined({ ...account, defaultScope }), credential);
  return { ...saved, check: 'valid' };
}

/** What is needed before anything is shown. */
export type PreparingContext = Omit<DeviceLoginContext, 'screen' | 'openBrowser'>;

async function findDialect(
  context: PreparingContext,
  { server, name, insecure, clientId, issuer }: DeviceLoginInput,
): Promise<Dialect> {
  const http = context.http({ insecureSkipVerify: insecure });
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

interface ApproveInput {
  readonly dialect: Pick<Dialect, 'begin'>;
  readonly server: Server;
  readonly place: string;
  /** Key of the account whose login this one takes the place of, if there is one. */
  readonly key: string;
  readonly browser: boolean | undefined;
  readonly instead?: string;
  /** The command that begins this login anew. */
  readonly again: string;
  /** What Ctrl-C leaves behind, where that is not nothing. */
  readonly left?: () => Left;
}

/**
 * Shows the user where to approve, and waits until it is done. A code that expires is followed by another where the user wants
 * one. Throws `access_denied`, `expired_token`, `interrupted`, `network`, `bad_answer` and their kin.
 */
export async function approve(context: DeviceLoginContext, input: ApproveInput): Promise<Session> {
  for (;;) {
    try {
      return await approveOnce(context, input);
    } catch (error) {
      const expired = error instanceof BeamError && error.code === 'expired_token';
      if (!expired || !context.screen.attended || !(await context.screen.askForAnother(leaving(input)))) throw error;
    }
  }
}

/** As `approve`, for this code alone. */
export async function approveOnce(context: DeviceLoginContext, input: ApproveInput): Promise<Session> {
  const { dialect, server, place, key, instead, browser, again } = input;
  const { clock, signal, screen } = context;
  const asking = { line: `Asking ${server.name} for a login`, left: nothingSaved };
  const login = await context.waiting(asking, () => dialect.begin(signal));
  const endsAt = clock.now() + login.expiresIn * 1000;
  const host = login.controlPlane?.name ?? server.name;
  const approval = omitUndefined({ login, place, host, endsAt, instead, replaces: await whoIsReplaced(context, key) });
  await screen.show(approval);
  const open = () => context.openBrowser(login.verificationUriComplete ?? login.verificationUri);
  const waitsForEnter = browser === undefined && screen.attended;
  if (browser === true || (browser === undefined && !screen.attended)) await open();
  const line = await screen.wait(approval, { left: leaving(input), ...(waitsForEnter ? { open } : {}) });
  try {
    return await pollUntilDone(login, { clock, signal, again, onPoll: (seen) => line.seen(seen) });
  } finally {
    line.end();
  }
}

/** What Ctrl-C leaves behind while a login is not approved yet. */
function leaving({ again, left }: ApproveInput): () => Left {
  return left ?? (() => ({ ...nothingSaved(), hint: { command: again } }));
}

/** The user whose login is in the place where this one will be. */
async function whoIsReplaced({ accounts }: DeviceLoginContext, key: string): Promise<string | undefined> {
  const earlier = await accounts.readIfSound(key);
  return earlier === undefined || earlier.endedAt !== undefined ? undefined : (earlier.user ?? accountTitle(earlier));
}

/** What was typed goes on to name the account, where its server calls itself otherwise. */
function typedBy(server: Server, account: Account): Account {
  return splitAccountKey(account.key).serverKey === server.key ? account : { ...account, typedAs: [server.name] };
}

interface Origin {
  readonly name: AccountName | undefined;
  readonly dialect: Dialect;
  readonly insecure: boolean;
}

function accountOf(session: Session, { name, dialect, insecure }: Origin): Account {
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

/** A session that will not be saved is not left alive on the server, if that can be helped. */
async function revokeUnused(context: DeviceLoginContext, account: Account, credential: Credential): Promise<void> {
  try {
    const http = context.http(account);
    const outcome = await (await sessionDialect(account, { http, clock: context.clock })).revoke(account, credential);
    if (outcome === 'revoked') context.notify('The session just obtained was revoked again; nothing was saved');
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    context.warn('Nothing was saved; the session just obtained lives on the server until it expires');
  }
}
