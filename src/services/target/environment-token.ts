/** `BEAMD_TOKEN`: for which server it counts, and whether an org can be named beside it. */
import { variable, type Env } from '../../environment.ts';
import type { Warn } from '../../errors.ts';
import { Secret } from '../../secret.ts';
import type { AccountStore } from '../../store/accounts/account.ts';
import { parseServer, sameServer, type Server } from '../../store/server.ts';
import { printable } from '../../text.ts';
import type { Sourced } from './climb.ts';
import { handedOn, isOfFile } from './handed-on.ts';
import { placeOf } from './refusals.ts';

interface TokenContext {
  readonly env: Env;
  readonly accounts: Pick<AccountStore, 'keys'>;
}

/** The token, if it is for this server; else why it is not. Empty: there is none. */
export interface EnvironmentToken {
  readonly token?: Secret;
  readonly passed?: string;
}

/** `BEAMD_TOKEN`, as far as it is for this server. */
export function environmentToken({ env, accounts }: TokenContext, server: Sourced<Server>): EnvironmentToken {
  const token = variable(env, 'BEAMD_TOKEN');
  if (token === undefined) return {};
  if (handedOn(env, accounts) !== undefined) return { passed: 'is from the account, which gives a fresh one' };
  const named = variable(env, 'BEAMD_SERVER');
  // With BEAMD_SERVER the token is that server's alone. Without, a cloned .beamd must not choose where it goes.
  if (named === undefined && server.source.kind === 'project') return { passed: 'goes to no server that only a project names' };
  if (named !== undefined && !sameServer(parseServer(named), server.value)) return { passed: `is for ${named}` };
  return { token: new Secret(token) };
}

/** docs/contracts.md 1: what no session has. */
const API_KEY = /^[\da-f]{128}$/iu;

/**
 * Whether the token acts for one org, its own, whatever is named: an API key, or what stands in the file of a `--config`. Of any other
 * token only its server knows.
 */
export function isOfOneOrg(env: Env, token: Secret): boolean {
  return API_KEY.test(token.reveal()) || isOfFile(env);
}

/** Why an org does not count. Follows its name. */
export const OF_ONE_ORG = 'does not count: BEAMD_TOKEN is an API key, which is of one org';

/** Says that an org that was named does not count, unless it is the one that the key is known to be of. */
export function warnOfPassedScope({ warn }: { readonly warn: Warn }, passed: Sourced<string> | undefined, own?: string): void {
  if (passed === undefined || passed.value === own) return;
  const named = `The org ${printable(passed.value)}${placeOf(passed.source, 'BEAMD_SCOPE')}`;
  if (own === undefined) warn(`${named} ${OF_ONE_ORG}`, { command: 'beamd whoami' });
  else warn(`${named} does not count: BEAMD_TOKEN is an API key of ${printable(own)}`, { command: 'beamd pin check' });
}
