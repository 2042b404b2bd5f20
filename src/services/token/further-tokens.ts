/** Tokens that are asked for again and again, long after a command began: of the login and the org of its first one. */
import { resolve } from 'node:path';
import { NAMELESS } from '../../store/account-key.ts';
import type { TargetInput } from '../target/ladder.ts';
import { token, type NamedGrant, type TokenContext } from './token.ts';
import type { TokenWishes } from './wishes.ts';

/**
 * Gives further tokens of the login that gave `first`, whatever becomes of files and settings. Of a token that is too short, and of
 * an agent that cannot be had, was told at the beginning: this says nothing. Throws as `token`.
 */
export function furtherTokens(
  context: TokenContext,
  input: TargetInput,
  first: NamedGrant,
): (wishes: TokenWishes) => Promise<NamedGrant> {
  const settled = settledTarget(context, input, first);
  const quiet: TokenContext = { ...context, cwd: '/', warn: () => undefined, waiting: (_, work) => work(() => undefined) };
  return (wishes) => token(quiet, settled, wishes);
}

/** What was meant, named in full. */
function settledTarget({ cwd }: TokenContext, { config }: TargetInput, { server, name, scope }: NamedGrant): TargetInput {
  return config === undefined ? { server, account: name ?? NAMELESS, scope } : { config: resolve(cwd, config) };
}
