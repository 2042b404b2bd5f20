/** `beamd token --out`: a token in a file, once, or kept fresh for as long as the session lasts. */
import type { Clock } from '../../clock.ts';
import { BeamError, type ErrorCode } from '../../errors.ts';
import { printable } from '../../text.ts';
import { moment, said } from '../moment.ts';
import type { TargetInput } from '../target/ladder.ts';
import { furtherTokens } from './further-tokens.ts';
import { tellerOf, type TellInput } from './tell-program.ts';
import { token, type NamedGrant, type TokenContext } from './token.ts';
import { tokenFile, type TokenFile, type TokenFileInput } from './token-file.ts';
import type { TokenWishes } from './wishes.ts';

export interface KeepInput extends TargetInput {
  readonly file: TokenFileInput;
  readonly wishes: TokenWishes;
  /** What the file holds for a token. */
  readonly format: (grant: NamedGrant) => string;
}

export interface WatchInput extends KeepInput {
  /** Who is told of each new token, the first one too. Default: nobody. */
  readonly tell?: TellInput | undefined;
}

/** Writes a token into a file. Throws as `token` and `tokenFile`. */
export async function writeToken(context: TokenContext, input: KeepInput): Promise<void> {
  const file = tokenFile(context, input.file);
  const grant = await token(context, input, input.wishes);
  write(context, file, input, grant);
}

/** What only its user can put right: there will be no further token. */
const OVER: ReadonlySet<ErrorCode> = new Set([
  ...(['login_required', 'session_ended', 'token_rejected', 'locked', 'unknown_scope', 'forbidden'] as const),
  ...(['bad_config', 'bad_file', 'usage', 'unsafe_path', 'interrupted'] as const),
]);

/**
 * Keeps a token in a file, until a signal asks for the end. Which login it is of is settled at the beginning, whatever becomes of files
 * and settings. Trouble that passes is warned of once, and the file stays as it is meanwhile. Throws as `writeToken` at the
 * beginning, and later what ends the session: `session_ended`, `login_required`, `locked`.
 */
export async function watchToken(context: TokenContext, input: WatchInput): Promise<void> {
  const file = tokenFile(context, input.file);
  const teller = await tellerOf(context, input.tell);
  const grant = await token(context, input, input.wishes);
  refuseGiven(grant, input);
  write(context, file, input, grant);
  teller.tell();
  const stopped = new AbortController();
  const wait = { line: `Keeping ${printable(file.path, 1_000)} fresh`, stop: () => stopped.abort() };
  try {
    await context.waiting(wait, () => keepFresh(context, input, { file, teller, grant, stopped }));
  } finally {
    teller.close();
  }
}

interface Keeping {
  readonly file: TokenFile;
  readonly teller: { readonly tell: () => void };
  readonly grant: NamedGrant;
  readonly stopped: AbortController;
}

/** Each look asks the agent, whatever the clock says: it may have been set, or the machine asleep. */
async function keepFresh(context: TokenContext, input: WatchInput, { file, teller, grant, stopped }: Keeping): Promise<void> {
  const further = furtherTokens(context, input, grant);
  const wishes = input.wishes.minTtl === undefined ? {} : { minTtl: input.wishes.minTtl };
  const end = new Promise<undefined>((resolve) => stopped.signal.addEventListener('abort', () => resolve(undefined)));
  let held = grant;
  let troubled = false;
  while (await isTimeToLook(context.clock, held, stopped.signal)) {
    try {
      const next = await Promise.race([further(wishes), end]);
      if (next === undefined) return;
      if (troubled) context.notify('The trouble is over');
      troubled = false;
      if (next.accessToken.equals(held.accessToken)) continue;
      write(context, file, input, next);
      held = next;
      teller.tell();
    } catch (error) {
      if (!(error instanceof BeamError) || OVER.has(error.code)) throw error;
      if (!troubled) context.warn(troubleOf(error, held, context.clock.now()), error.hint);
      troubled = true;
    }
  }
}

function troubleOf(error: BeamError, { expiresAt }: NamedGrant, now: number): string {
  const rest = expiresAt === undefined ? '' : `; the one in the file ends ${moment(expiresAt, now)}`;
  return `There is no new token for the time being: ${said(error, now)}${rest}`;
}

/** Between two looks, milliseconds: short enough for a token of any life, and to hear soon of a session that ends. */
const SHORTEST = 500;
const LONGEST = 20_000;

/** False: it is time to end. */
async function isTimeToLook(clock: Clock, { expiresAt }: NamedGrant, signal: AbortSignal): Promise<boolean> {
  const left = expiresAt === undefined ? Infinity : expiresAt * 1000 - clock.now();
  await clock.sleep(Math.min(LONGEST, Math.max(SHORTEST, left / 10)), signal).catch(() => undefined);
  return !signal.aborted;
}

function write({ notify, clock }: TokenContext, file: TokenFile, { format }: KeepInput, grant: NamedGrant): void {
  file.write(format(grant));
  const end = grant.expiresAt === undefined ? '' : `, which ends ${moment(grant.expiresAt, clock.now())}`;
  notify(`Wrote ${printable(file.path, 1_000)}: a token of ${grant.server}${end}`);
}

/** A token that no agent gives stays what it is. Throws `usage`. */
function refuseGiven({ account, expiresAt }: NamedGrant, { config }: KeepInput): void {
  if (account !== undefined || (config !== undefined && expiresAt !== undefined)) return;
  const what = config === undefined ? 'The token of BEAMD_TOKEN' : `The key of ${printable(config, 1_000)}`;
  throw new BeamError('usage', `${what} stays as it is: there is nothing to keep fresh`, {
    hint: { text: 'Leave out --watch' },
  });
}
