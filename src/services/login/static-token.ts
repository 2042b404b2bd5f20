/** Static tokens: a self-hosted edge's token or an API key, without a network flow. */
import { checkKeyFor } from '../../auth/control-plane.ts';
import { BeamError, isTransient, type ErrorCode } from '../../errors.ts';
import { accountTitle, accountWords } from '../../hints.ts';
import { Secret } from '../../secret.ts';
import { readGivenFile } from '../../store/files/named-file.ts';
import type { Account, Credential } from '../../store/accounts/account.ts';
import type { Server } from '../../store/server.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { printable } from '../../text.ts';
import type { AccountName } from '../../store/account-key.ts';
import { placeOf } from './account-name.ts';
import { nothingSaved } from './approve.ts';
import { earlierLogin, newCredential, saveLogin, sharesToken } from './save.ts';
import type { LoginResult, TokenLoginContext, TokenSource } from './types.ts';

/** Reads the token that a program's login was given. Throws `usage` when there is none or it cannot be one, `not_found`, `bad_file`. */
export async function readToken(
  context: TokenLoginContext,
  source: TokenSource,
  program: 'beamd' | 'runbeam' = 'beamd',
): Promise<Secret> {
  const text = (await rawToken(context, source)).trim();
  if (text === '')
    throw new BeamError('usage', 'The token is empty', { hint: { command: `${program} login --token-file FILE` } });
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new BeamError('usage', 'The token holds a space, a line break or another character that no token has', {
      hint: { text: 'Give the token alone, as it was issued' },
    });
  }
  return new Secret(text);
}

async function rawToken(context: TokenLoginContext, source: TokenSource): Promise<string> {
  if (source.kind === 'stdin') return (await context.askPassphrase('Token'))?.reveal() ?? context.readStdin();
  if (source.kind === 'literal') {
    context.warn('A token on the command line shows up in ps and in the shell history', {
      text: '--token - reads it from standard input',
    });
    return source.value.reveal();
  }
  return readGivenFile(source.path, context.signal);
}

interface TokenLoginInput {
  readonly server: Server;
  /** Name to keep it under. */
  readonly name: AccountName | undefined;
  readonly token: Secret;
  readonly scope: string | undefined;
  readonly insecure: boolean;
  /** As `Account.ca`. */
  readonly ca: string | undefined;
  /** It may take the place of a login although nobody could check it. */
  readonly replace: boolean;
}

/**
 * Checks the token where the server lets one, and saves it. Throws `token_rejected`, `forbidden` where it would replace a login
 * unchecked, and as `AccountStore.prepare` and `saveLogin`.
 */
export async function tokenLogin(context: TokenLoginContext, input: TokenLoginInput): Promise<LoginResult> {
  const { server, token, insecure, ca } = input;
  const place = placeOf(server, input.name);
  if (input.scope !== undefined) context.warn('A token belongs to one org or to none: --scope changes nothing');
  await context.accounts.prepare(place.key);
  const { check, controlPlane } = await checkToken(context, input);
  const account: Account = omitUndefined({
    ...place,
    provider: 'edge',
    kind: 'token',
    dialect: 'static',
    scopes: [],
    storage: 'age',
    controlPlane,
    insecureSkipVerify: insecure ? true : undefined,
    ca,
  });
  const credential = newCredential(context, { accessToken: token });
  if (check === 'unchecked' && !input.replace) await mayReplace(context, account, credential);
  return { ...(await saveLogin(context, account, credential)), check };
}

/**
 * A token that may be bad does not take the place of a login that may be good, unless somebody says so. Throws `forbidden` where
 * nobody does.
 */
export async function mayReplace(context: TokenLoginContext, account: Account, credential: Credential): Promise<void> {
  const found = await earlierLogin(context, account.key);
  if (found === undefined) return;
  const { account: earlier, credential: kept } = found;
  if (kept === 'none' || (kept !== 'unreadable' && sharesToken(kept, credential))) return;
  const who = earlier.user === undefined ? '' : ` as ${printable(earlier.user)}`;
  const title = accountTitle(earlier);
  const what = `You are logged in to ${title}${who}, and this token could not be checked`;
  if ((await context.confirm(`${what}. Replace that login?`)) === true) return;
  const login = earlier.provider === 'runbeam' ? 'runbeam login' : `beamd login ${accountWords(earlier)}`;
  throw new BeamError('forbidden', `${what}; the login was kept`, {
    hint: { command: `${login} --token - --replace` },
  });
}

/** A definite no refuses the login; a server that cannot say does not. */
async function checkToken(
  context: TokenLoginContext,
  { server, name, token, insecure, ca }: TokenLoginInput,
): Promise<Pick<LoginResult, 'check'> & { readonly controlPlane?: string }> {
  try {
    const whose = { server: server.name, name, provider: 'edge', kind: 'token' } as const;
    const http = context.http(omitUndefined({ ...whose, insecureSkipVerify: insecure, ca }));
    const asking = { line: `Asking ${server.name} about the token`, left: nothingSaved };
    const { workspace, controlPlane } = await context.waiting(asking, () => checkKeyFor(server, token, http));
    if (workspace === 'not_checked') return { check: 'unchecked' };
    if (controlPlane !== undefined) context.notify(`${server.name} is an edge of ${controlPlane.name}, which knows this token`);
    return omitUndefined({ check: 'valid', controlPlane: controlPlane?.name });
  } catch (error) {
    if (!(error instanceof BeamError) || !saysNothing(error.code)) throw error;
    context.warn(`${server.name} could not be asked whether the token is good: ${error.message}`, error.hint);
    return { check: 'unchecked' };
  }
}

/** A server that cannot be asked, or whose answer cannot be read, such as a page: said, and no reason to refuse a token. */
function saysNothing(code: ErrorCode): boolean {
  return isTransient(code) || code === 'bad_answer' || code === 'not_found';
}
