/** The approval of one code: the user is shown where, and it is waited for. */
import { checkVerificationUri, clampInterval } from '../../auth/device-flow/device-login.ts';
import { pollUntilDone } from '../../auth/device-flow/poll.ts';
import { UnusableSession, type DeviceLogin, type Dialect, type Session, type ShownLogin } from '../../auth/dialect/dialect.ts';
import { BeamError } from '../../errors.ts';
import { accountTitle } from '../../hints.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { Server } from '../../store/server.ts';
import type { LoginEnd, LoginWish, PendingLogin } from '../../store/accounts/pending-login.ts';
import type { Left, Wait } from '../waiting.ts';
import type { Approval, DeviceLoginContext } from './types.ts';
import { revokeUnsaved } from './unsaved.ts';

/** What a login is, apart from who waits for it: one for each program. */
export interface LoginPlan<R> {
  /** What it is for. */
  readonly wish: LoginWish;
  readonly server: Server;
  /** What is logged in to, as a user knows it. */
  readonly place: string;
  /** Key of the account whose login this one takes the place of, if there is one. */
  readonly key: string;
  /** The command that begins this login anew. */
  readonly again: string;
  /** Where nobody can approve in a browser: what to use instead. */
  readonly instead?: string;
  /** Makes sure that the login can be kept, and finds out how the server has it. */
  prepare(): Promise<Dialect>;
  /** Saves the session of a login that was approved. */
  finish(dialect: Dialect, session: Session): Promise<R>;
  /** What other processes need to say the same of it. */
  saved(result: R): SavedEnd;
  /** The same result, in another process; undefined if that account is no more. */
  rejoin(end: SavedEnd): Promise<R | undefined>;
}

/** As `LoginEnd`. */
export type SavedEnd = Extract<LoginEnd, { readonly kind: 'saved' }>;

/** What an interruption before the approval leaves behind. */
export const nothingSaved = (): Left => ({ message: 'the login was not finished, and nothing was saved' });

/** The first to come asks a server for a code, which may take long. */
export function anotherBegins({ place }: Pick<LoginPlan<unknown>, 'place'>): Wait {
  return { line: `Waiting for another process, which begins a login to ${place}`, left: nothingSaved };
}

/** How one code is waited for. */
export interface Waited {
  readonly browser: boolean | undefined;
  readonly begun?: Approval['begun'];
  /** What Ctrl-C leaves behind. */
  readonly left: () => Left;
  /** The user sees it already: only the wait is shown. */
  readonly shown?: boolean;
}

type About = Pick<LoginPlan<unknown>, 'server' | 'place' | 'key' | 'again' | 'instead'>;

/**
 * Shows the user where to approve, and waits until it is done. A session that cannot be used is ended again. Throws `access_denied`, `expired_token`, `interrupted`,
 * `network`, `bad_answer` and their kin.
 */
export async function approve(context: DeviceLoginContext, about: About, login: DeviceLogin, how: Waited): Promise<Session> {
  try {
    return await waitFor(context, about, login, how);
  } catch (error) {
    if (error instanceof UnusableSession) {
      await revokeUnsaved(context, login.controlPlane?.name ?? about.server.name, error.revoke);
    }
    throw error;
  }
}

async function waitFor(context: DeviceLoginContext, about: About, login: DeviceLogin, how: Waited): Promise<Session> {
  const { clock, signal, screen } = context;
  const { browser } = how;
  const approval = await approvalOf(context, about, login, how.begun);
  if (how.shown !== true) await screen.show(approval);
  const open = opener(context, login);
  const waitsForEnter = browser === undefined && screen.attended;
  if (browser === true || (browser === undefined && !screen.attended)) await open();
  const line = await screen.wait(approval, { left: how.left, ...(waitsForEnter ? { open } : {}) });
  try {
    return await pollUntilDone(login, { clock, signal, again: about.again, onPoll: (seen) => line.seen(seen) });
  } finally {
    line.end();
  }
}

/** Opens the page of a login in the user's browser. */
export function opener({ openBrowser }: Pick<DeviceLoginContext, 'openBrowser'>, login: ShownLogin) {
  return () => openBrowser(login.verificationUriComplete ?? login.verificationUri);
}

/** What is shown of a login. */
export async function approvalOf(
  context: DeviceLoginContext,
  { server, place, key, instead }: About,
  login: ShownLogin,
  begun: Approval['begun'],
): Promise<Approval> {
  const endsAt = context.clock.now() + login.expiresIn * 1000;
  const host = login.controlPlane?.name ?? server.name;
  return omitUndefined({ login, place, host, endsAt, instead, replaces: await whoIsReplaced(context, key), begun });
}

/** The user whose login is in the place where this one will be. */
async function whoIsReplaced({ accounts }: DeviceLoginContext, key: string): Promise<string | undefined> {
  const earlier = await accounts.readIfSound(key);
  return earlier === undefined || earlier.endedAt !== undefined ? undefined : (earlier.user ?? accountTitle(earlier));
}

/** What is kept of a login that was begun. */
export function pendingOf(wish: LoginWish, { resume }: Dialect, login: DeviceLogin, now: number): PendingLogin {
  const { code, userCode, verificationUri, verificationUriComplete, interval, controlPlane, expiresIn } = login;
  const shown = { controlPlane: controlPlane?.name, userCode, verificationUri, verificationUriComplete, interval };
  return omitUndefined({ ...wish, tokenUrl: resume.tokenUrl, code, ...shown, expiresAt: Math.floor(now / 1000 + expiresIn) });
}

/** A login that was kept, as it is shown. `now` is milliseconds. Throws `bad_answer` for a page that must not be opened. */
export function shownOf(pending: PendingLogin, now: number): ShownLogin {
  const what = 'login that was kept';
  const { userCode, verificationUriComplete: complete, controlPlane, server } = pending;
  return omitUndefined({
    userCode,
    verificationUri: checkVerificationUri(pending.verificationUri, what),
    verificationUriComplete: complete === undefined ? undefined : checkVerificationUri(complete, what),
    expiresIn: pending.expiresAt - now / 1000,
    interval: clampInterval(pending.interval),
    controlPlane: controlPlane === undefined ? undefined : { name: controlPlane, server },
  });
}

/**
 * A login that was kept, to be gone on with. Its code goes nowhere but to where it came from, whatever the server says today:
 * else it throws `forbidden`.
 */
export function resumed(pending: PendingLogin, { resume }: Dialect, now: number, again: string): DeviceLogin {
  if (resume.tokenUrl !== pending.tokenUrl) {
    const message = `${pending.server} sends its logins elsewhere than when this one began; nothing was sent there`;
    throw new BeamError('forbidden', message, { hint: { command: again } });
  }
  return { ...shownOf(pending, now), code: pending.code, poll: resume.poll(pending.code) };
}
