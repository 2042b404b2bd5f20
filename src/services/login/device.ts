/** Device login: show the URL and the code, wait, save. */
import { sessionDialect } from '../../auth/session-dialect.ts';
import { discoverDialect } from '../../auth/discover.ts';
import { pollUntilDone } from '../../auth/device-flow/poll.ts';
import type { DeviceLogin, Dialect, Session } from '../../auth/dialect/dialect.ts';
import { unknownScope } from '../../store/accounts/choose-scope.ts';
import { BeamError } from '../../errors.ts';
import { parseServer } from '../../store/server.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import type { Server } from '../../store/server.ts';
import type { Context } from '../context.ts';
import { credentialOf, earlierDefault, probeStorage, saveLogin } from './save.ts';
import type { LoginInput, LoginResult, LoginScreen } from './types.ts';
import { hasOrg } from '../target/target.ts';
import { omitUndefined } from '../../omit-undefined.ts';

/** Throws as `login`. */
export async function deviceLogin(
  input: LoginInput,
  server: Server,
  context: Context,
  screen: LoginScreen,
): Promise<LoginResult> {
  await probeStorage(server.key, context);
  const dialect = await findDialect(input, server, context);
  const started = await dialect.begin(context.signal);
  screen.show(started);
  if (input.browser) await context.openBrowser(started.verificationUriComplete ?? started.verificationUri);
  const session = await waitFor(started, server, context, screen);
  const account = accountOf(session, dialect, input.insecure);
  const credential = credentialOf(session, context.clock);
  const taken = await takeover(account, context);
  if (taken !== undefined) {
    await revokeUnused(account, credential, context);
    throw taken;
  }
  const scope = input.scope;
  if (scope !== undefined && !hasOrg(account, scope)) {
    await revokeUnused(account, credential, context);
    throw unknownScope(account, scope);
  }
  const defaultScope = scope ?? (await earlierDefault(account, context)) ?? account.scopes[0]?.slug;
  const chosen = defaultScope === undefined ? account : { ...account, defaultScope };
  const saved = await saveLogin(chosen, credential, context);
  return { ...saved, check: 'valid' };
}

async function findDialect({ insecure, clientId }: LoginInput, server: Server, context: Context): Promise<Dialect> {
  const http = context.http({ insecureSkipVerify: insecure });
  const options = omitUndefined({ http, clock: context.clock, clientId });
  const dialect = await discoverDialect(server, options);
  if (dialect !== undefined) return dialect;
  throw new BeamError('no_device_login', `${server.name} offers no device login: it is self-hosted and takes a token`, {
    hint: { command: `beamd login --server ${server.name} --token -` },
  });
}

export async function waitFor(started: DeviceLogin, server: Server, context: Context, screen: LoginScreen): Promise<Session> {
  const done = await screen.wait(`Waiting for you to approve the login on ${server.name}`);
  try {
    return await pollUntilDone(started, { clock: context.clock, signal: context.signal });
  } finally {
    done();
  }
}

function accountOf(session: Session, dialect: Dialect, insecure: boolean): Account {
  const edge = parseServer(session.edge);
  return omitUndefined({
    key: edge.key,
    server: edge.name,
    provider: 'edge',
    kind: 'session',
    dialect: dialect.name,
    scopes: session.scopes,
    storage: 'age',
    user: session.user,
    controlPlane: session.controlPlane,
    issuer: session.issuer,
    clientId: session.clientId,
    ...(insecure ? { insecureSkipVerify: true } : {}),
  });
}

/**
 * The server that gives the session names the edge that it is for. One that is not that edge must not put its session in the
 * place of a login that came another way: commands would then act for somebody else there.
 */
async function takeover(account: Account, { accounts }: Context): Promise<BeamError | undefined> {
  if (account.controlPlane === undefined) return undefined;
  const earlier = await accounts.read(account.key);
  if (earlier === undefined || (earlier.controlPlane ?? earlier.server) === account.controlPlane) return undefined;
  const way = earlier.controlPlane === undefined ? '' : ` through ${earlier.controlPlane}`;
  return new BeamError(
    'forbidden',
    `${account.controlPlane} gave a login for ${account.server}, where you are logged in already${way}`,
    { hint: { command: `beamd logout --server ${account.server}` } },
  );
}

/** A session that will not be saved is not left alive on the server, if that can be helped. */
async function revokeUnused(account: Account, credential: Credential, context: Context): Promise<void> {
  try {
    const http = context.http({ insecureSkipVerify: account.insecureSkipVerify ?? false });
    const outcome = await (await sessionDialect(account, { http, clock: context.clock })).revoke(account, credential);
    if (outcome === 'revoked') context.notify('The session just obtained was revoked again; nothing was saved');
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    context.notify('Nothing was saved; the session just obtained lives on the server until it expires');
  }
}
