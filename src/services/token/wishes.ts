/** What is said of a token that is valid, and not what was asked for. */
import type { TokenGrant } from '../../agent/protocol/agent.ts';
import type { Params } from '../../agent/protocol/wire.ts';
import { BeamError, isErrorCode, type Hint } from '../../errors.ts';
import { accountTitle, loginCommand } from '../../hints.ts';
import { printable } from '../../text.ts';
import type { Context } from '../context.ts';
import { spanLeft } from '../span.ts';
import type { Target } from '../target/ladder.ts';

/** As the call `token` of an agent has them. */
export type TokenWishes = Pick<Params<'token'>, 'minTtl' | 'refresh' | 'refused'>;

type Unmet = NonNullable<TokenGrant['unmet']>;

const WHY: Readonly<Record<Unmet['why'], string>> = {
  not_renewable: 'it cannot be refreshed',
  short_lived: 'the server gives none that lasts so long',
  too_soon: 'it was refreshed a moment ago',
  failed: 'it could not be refreshed',
};

/**
 * Warns of a token that ends sooner than was asked for. Throws `token_rejected` where there is no other one than the one that was
 * rejected, `usage` for one that is to be refreshed and cannot be, and what the refresh failed with.
 */
export function judgeToken(
  { clock, warn }: Pick<Context, 'clock' | 'warn'>,
  target: Target,
  wishes: TokenWishes,
  grant: TokenGrant,
): void {
  const left = (grant.expiresAt ?? Infinity) - clock.now() / 1000;
  const isRejected = wishes.refused?.equals(grant.accessToken) === true;
  const isShort = left < (wishes.minTtl ?? 0);
  const isAsked = isRejected || isShort || wishes.refresh === true;
  const unmet: Unmet | undefined = isGiven(target) && isAsked ? { why: 'not_renewable' } : grant.unmet;
  if (unmet === undefined) return;
  if (isRejected || (wishes.refresh === true && STOPS.has(unmet.why))) throw refusal(target, unmet, isRejected);
  if (wishes.refresh === true && unmet.why === 'too_soon') {
    warn('The token is less than half a minute old, and was not refreshed again');
  }
  if (isShort) warn(`The token ends in ${spanLeft(left)}, sooner than asked for: ${reasonOf(unmet)}`);
}

/** What leaves a wish for another token without any. */
const STOPS: ReadonlySet<Unmet['why']> = new Set(['not_renewable', 'failed']);

function reasonOf({ why, problem }: Unmet): string {
  return problem === undefined ? WHY[why] : `${WHY[why]}: ${printable(problem)}`;
}

/** A token that was set by hand, or stands in a file, is as it is, and no agent is asked for another one. */
function isGiven(target: Target): boolean {
  return target.kind === 'env-token' || (target.kind === 'app-config' && 'token' in target.appConfig.key);
}

function refusal(target: Target, { why, code, problem }: Unmet, isRejected: boolean): BeamError {
  const { what, hint } = subjectOf(target);
  if (why === 'failed') {
    const reason = problem === undefined ? '' : `: ${printable(problem)}`;
    return new BeamError(isErrorCode(code) ? code : 'failed', `${what} could not be refreshed${reason}`, {
      hint: { command: 'beamd doctor' },
    });
  }
  if (!isRejected) return new BeamError('usage', `${what} cannot be refreshed: there is nothing to refresh it with`, { hint });
  if (why === 'not_renewable') return new BeamError('token_rejected', `${what} was rejected, and cannot be refreshed`, { hint });
  const message = `${what} was rejected, and is less than half a minute old: another one would be rejected as well`;
  return new BeamError('token_rejected', message, { hint: { command: 'beamd status --check' } });
}

/** Whose token it is, and what brings another one. */
function subjectOf(target: Target): { readonly what: string; readonly hint: Hint } {
  if (target.kind === 'account') {
    return { what: `The token of ${accountTitle(target.account)}`, hint: { command: loginCommand(target.account) } };
  }
  if (target.kind === 'env-token') return { what: 'The token of BEAMD_TOKEN', hint: FOR_VARIABLE };
  const { server, appConfig } = target;
  if ('agentSocket' in appConfig.key) {
    return { what: `The token of ${server.name}`, hint: { command: `beamd login --server ${server.name}` } };
  }
  const path = printable(appConfig.path, 1_000);
  return { what: `The key of ${path}`, hint: { text: `Put a key that the server takes into ${path}` } };
}

/** What brings another token than that of `BEAMD_TOKEN`. */
export const FOR_VARIABLE: Hint = { text: 'Set BEAMD_TOKEN to a valid token, or unset it to use your login' };
