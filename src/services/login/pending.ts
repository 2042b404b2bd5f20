/** A login in two steps, for who cannot wait at a terminal: one begins it and shows the code, another waits and saves. */
import { checkVerificationUri, clampInterval } from '../../auth/device-flow/device-login.ts';
import type { DeviceLogin, Dialect } from '../../auth/dialect/dialect.ts';
import { BeamError } from '../../errors.ts';
import { resumeCommand } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { parseAccountName } from '../../store/account-key.ts';
import { readPendingLogin, removePendingLogin, savePendingLogin, type PendingLogin } from '../../store/accounts/pending-login.ts';
import { parseServer } from '../../store/server.ts';
import type { Left } from '../waiting.ts';
import { approveOnce, finishLogin, nothingSaved, prepareLogin, whatIsApproved, type DeviceLoginInput } from './device.ts';
import { choosePlace } from './login.ts';
import type { LoginContext, LoginInput, LoginResult } from './types.ts';

/** A login that waits to be approved and resumed. */
export interface BegunLogin {
  readonly id: string;
  /** `Server.name` of the server that was asked. */
  readonly server: string;
  readonly login: DeviceLogin;
  /** Unix seconds when the code ends. */
  readonly expiresAt: number;
}

/** Begins a login and does not wait. Throws as `login`, and `no_device_login` where the server's cannot be resumed. */
export async function beginLogin(context: LoginContext, input: LoginInput): Promise<BegunLogin> {
  const { server, name } = await choosePlace(context, input);
  const whole = { ...input, server, name };
  const dialect = await prepareLogin(context, whole);
  const asking = { line: `Asking ${server.name} for a login`, left: nothingSaved };
  const login = await context.waiting(asking, () => dialect.begin(context.signal));
  const { code, userCode, verificationUri, verificationUriComplete, interval } = login;
  const { resume } = dialect;
  if (resume === undefined || code === undefined) {
    const hint = { command: whatIsApproved(whole).again };
    throw new BeamError('no_device_login', `A login to ${server.name} cannot be resumed`, { hint });
  }
  const expiresAt = Math.floor(context.clock.now() / 1000 + login.expiresIn);
  const { scope, insecure, clientId, issuer } = input;
  const asked = { server: server.name, name, scope, insecure, clientId, issuer, tokenUrl: resume.tokenUrl, code };
  const shown = { userCode, verificationUri, verificationUriComplete, interval, expiresAt };
  const id = await savePendingLogin(context, omitUndefined({ ...asked, ...shown }));
  return { id, server: server.name, login, expiresAt };
}

/**
 * Waits for a login that `beginLogin` began, and saves it. It can be resumed until its code is over or was used. Throws
 * as `login`, `usage` for what is no id, `not_found` for one that is not there (any more), and `forbidden` where the server
 * sends its logins elsewhere than when this one began.
 */
export async function resumeLogin(context: LoginContext, id: string): Promise<LoginResult> {
  const pending = await readPendingLogin(context, id);
  if (pending === undefined) {
    const hint = { command: 'beamd login --no-wait' };
    throw new BeamError('not_found', `There is no login ${id} to resume: it was used, or its code has expired`, { hint });
  }
  const input = inputOf(pending);
  const about = whatIsApproved(input);
  const expiresIn = pending.expiresAt - context.clock.now() / 1000;
  if (expiresIn <= 0) {
    removePendingLogin(context.homes, id);
    throw new BeamError('expired_token', 'The login expired before it was approved', { hint: { command: about.again } });
  }
  const dialect = await prepareLogin(context, input);
  const login = resumed(pending, dialect, { expiresIn, again: about.again });
  const left = (): Left => ({ message: 'the login was not finished, and can be resumed', hint: { command: resumeCommand(id) } });
  // A browser is opened by Enter alone: whoever began the login has shown the page already.
  const browser = context.screen.attended ? undefined : false;
  const begun = { begin: () => Promise.resolve(login) };
  const session = await forgetting(context, id, () => approveOnce(context, { dialect: begun, ...about, browser, left }));
  return finishLogin(context, input, dialect, session);
}

function inputOf({ server, name, scope, insecure, clientId, issuer }: PendingLogin): DeviceLoginInput {
  return {
    server: parseServer(server),
    name: name === undefined ? undefined : parseAccountName(name),
    scope,
    insecure,
    clientId,
    issuer,
  };
}

/** The login as it was begun. Its code goes nowhere but to where it came from, whatever the server says today. */
function resumed(
  pending: PendingLogin,
  { resume }: Dialect,
  { expiresIn, again }: { readonly expiresIn: number; readonly again: string },
): DeviceLogin {
  if (resume?.tokenUrl !== pending.tokenUrl) {
    const message = `${pending.server} sends its logins elsewhere than when this one began; nothing was sent there`;
    throw new BeamError('forbidden', message, { hint: { command: again } });
  }
  const what = 'login that was kept';
  const { userCode, verificationUriComplete: complete, code } = pending;
  return omitUndefined({
    userCode,
    verificationUri: checkVerificationUri(pending.verificationUri, what),
    verificationUriComplete: complete === undefined ? undefined : checkVerificationUri(complete, what),
    expiresIn,
    interval: clampInterval(pending.interval),
    poll: resume.poll(code),
  });
}

/** A code that was used, refused or is over is forgotten; one that may still be approved is kept. */
async function forgetting<T>({ homes }: LoginContext, id: string, work: () => Promise<T>): Promise<T> {
  try {
    const done = await work();
    removePendingLogin(homes, id);
    return done;
  } catch (error) {
    const over = error instanceof BeamError && (error.code === 'access_denied' || error.code === 'expired_token');
    if (over) removePendingLogin(homes, id);
    throw error;
  }
}
