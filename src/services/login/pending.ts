/** A login in two steps, for who cannot wait at a terminal: one begins it and shows the code, another waits and saves. */
import type { ShownLogin } from '../../auth/dialect/dialect.ts';
import { BeamError } from '../../errors.ts';
import { resumeCommand } from '../../hints.ts';
import {
  findLogin,
  forgetPendingLogin,
  loginOfId,
  makeResumable,
  markOf,
  newLoginId,
  openPendingLogin,
  savePendingLogin,
  withLoginTurn,
  type LoginEnd,
  type LoginWish,
  type PendingLogin,
} from '../../store/accounts/pending-login.ts';
import type { Context } from '../context.ts';
import { anotherBegins, nothingSaved, pendingOf, shownOf, type LoginPlan } from './approve.ts';
import { loginOnce, usedUp, WORTH_IT } from './one-login.ts';
import type { DeviceLoginContext } from './types.ts';

/** A login that waits to be approved and resumed. */
export interface BegunLogin {
  readonly id: string;
  /** `Server.name` of the server that was asked. */
  readonly server: string;
  readonly login: ShownLogin;
  /** Unix seconds when the code ends. */
  readonly expiresAt: number;
  /** The command that goes on with it. */
  readonly resume: string;
}

type TwoStepContext = DeviceLoginContext & Pick<Context, 'env'>;

/** What tells a login from others that are under way. */
export function markFor({ env, storageWish }: TwoStepContext, wish: LoginWish): string {
  return markOf(wish, storageWish ?? env['BEAMD_STORAGE'] ?? '');
}

const PAUSE = 50;

/**
 * Begins a login and does not wait; one that is under way is the one. Throws as `loginOnce`, and `busy` where another process
 * begins one and does not come to an end.
 */
export async function beginLogin(context: TwoStepContext, plan: LoginPlan<unknown>): Promise<BegunLogin> {
  const mark = markFor(context, plan.wish);
  const found = await underWay(context, mark);
  if (found !== undefined) return found;
  const { clock, signal, waiting } = context;
  const begin = async (): Promise<BegunLogin> => {
    const meanwhile = await underWay(context, mark);
    if (meanwhile !== undefined) return meanwhile;
    const dialect = await plan.prepare();
    const asking = { line: `Asking ${plan.server.name} for a login`, left: nothingSaved };
    const login = await waiting(asking, () => dialect.begin(signal));
    const pending = pendingOf(plan.wish, dialect, login, clock.now());
    const id = newLoginId();
    await savePendingLogin(context, pending, { id, mark, resumable: true });
    return begunOf(id, pending, login);
  };
  const tryIt = async (): Promise<BegunLogin | undefined> => {
    const turn = await withLoginTurn(context, mark, begin);
    return turn === undefined ? underWay(context, mark) : turn.value;
  };
  const since = clock.elapsed();
  return (
    (await tryIt()) ??
    waiting(anotherBegins(plan), async () => {
      while (clock.elapsed() - since < 30_000) {
        await clock.sleep(PAUSE, signal);
        const begun = await tryIt();
        if (begun !== undefined) return begun;
      }
      const hint = { text: 'Run the command again in a moment' };
      throw new BeamError('busy', 'Another process is logging in there', { hint });
    })
  );
}

function begunOf(id: string, { server, expiresAt, program }: PendingLogin, login: ShownLogin): BegunLogin {
  return { id, server, login, expiresAt, resume: resumeCommand(id, program) };
}

/** A login that can be given to whoever asks for one now: from here on it can be resumed. */
async function underWay(context: TwoStepContext, mark: string): Promise<BegunLogin | undefined> {
  const { homes, clock } = context;
  const record = findLogin(homes, mark);
  if (record === undefined || record.end !== undefined) return undefined;
  if (record.expiresAt - clock.now() / 1000 < WORTH_IT) return undefined;
  try {
    const pending = await openPendingLogin(context, record.id);
    if (pending === undefined || !(await makeResumable(context, record.id))) return undefined;
    return begunOf(record.id, pending, shownOf(pending, clock.now()));
  } catch (error) {
    // Sealed for a key that is not the one of today: it is of no use here.
    if (error instanceof BeamError && UNREADABLE.includes(error.code)) return undefined;
    throw error;
  }
}

const UNREADABLE: readonly string[] = ['bad_file', 'bad_key', 'decrypt_failed', 'bad_answer'];

/** What a program does with its logins. */
export interface ResumeWays<R> {
  readonly program: LoginWish['program'];
  /** The plan of a login that was begun for this. */
  planOf(wish: LoginWish): LoginPlan<R>;
  /** As `LoginPlan.rejoin`. */
  rejoin: LoginPlan<R>['rejoin'];
}

/**
 * Waits for a login that `beginLogin` began, and saves it; or says how it ended, where another process has waited for it. Throws
 * as `loginOnce`, `usage` for what is no id or is of the other program, `not_found` for one that is not there (any more), and
 * `forbidden` where the server sends its logins elsewhere than when this one began.
 */
export async function resumeLogin<R>(context: TwoStepContext, id: string, ways: ResumeWays<R>): Promise<R> {
  const { program } = ways;
  const record = loginOfId(context.homes, id);
  if (record === undefined) throw usedUp(id, program);
  if (record.end !== undefined) return sameEnd(id, record.end, ways);
  const pending = await openPendingLogin(context, id);
  if (pending === undefined) throw usedUp(id, program);
  if (pending.program !== program) {
    const hint = { command: resumeCommand(id, pending.program) };
    throw new BeamError('usage', `The login ${id} was begun by ${pending.program}`, { hint });
  }
  const plan = ways.planOf(pending);
  if (pending.expiresAt * 1000 <= context.clock.now()) {
    await forgetPendingLogin(context, id);
    throw new BeamError('expired_token', 'The login expired before it was approved', { hint: { command: plan.again } });
  }
  return loginOnce(context, plan, { mark: record.mark, resume: { id, pending } });
}

async function sameEnd<R>(id: string, end: LoginEnd, { program, rejoin }: ResumeWays<R>): Promise<R> {
  if (end.kind === 'failed') throw new BeamError(end.code, end.message, { hint: end.hint });
  const result = await rejoin(end);
  if (result === undefined) throw usedUp(id, program);
  return result;
}
