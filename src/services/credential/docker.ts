/** The protocol of docker's credential helpers, which podman, skopeo and others speak too: a word, and an address on standard input. */
import { BeamError, type Hint } from '../../errors.ts';
import { accountWords } from '../../hints.ts';
import type { Secret } from '../../secret.ts';
import type { Account } from '../../store/accounts/account.ts';
import { isLoopback } from '../../http.ts';
import { parseServer } from '../../store/server.ts';
import { said } from '../moment.ts';
import { isEdge } from '../target/target.ts';
import { accountAt, placeOf, userOf } from './account-at.ts';
import { helperGrant, type HelperContext } from './helper-grant.ts';
import { looseJson, memberOf } from '../../loose-json.ts';

export type DockerAnswer =
  | { readonly kind: 'credential'; readonly serverUrl: string; readonly username: string; readonly secret: Secret }
  /** Addresses, each with a user name. */
  | { readonly kind: 'list'; readonly users: ReadonlyMap<string, string> }
  | { readonly kind: 'done' }
  | { readonly kind: 'version' }
  /** What the protocol says on standard output, with exit code 1. */
  | { readonly kind: 'refusal'; readonly text: string };

/** Docker knows these sentences: on the first it goes on without a credential. */
const NOT_FOUND = 'credentials not found in native keychain';
const NO_ADDRESS = 'no credentials server URL';
const NO_USER = 'no credentials username';

const refusal = (text: string): DockerAnswer => ({ kind: 'refusal', text });

/** Does what docker asks of a helper. Trouble is said as the protocol has it. Throws what is no trouble but a fault of ours. */
export async function dockerCredential(
  context: HelperContext,
  action: string,
  readInput: () => Promise<string>,
): Promise<DockerAnswer> {
  try {
    switch (action) {
      case 'get':
        return await get(context, address(await readInput()));
      case 'store':
        return await store(context, await readInput());
      case 'erase':
        return await erase(context, address(await readInput()));
      case 'list':
        return { kind: 'list', users: await list(context) };
      case 'version':
        return { kind: 'version' };
      default:
        return refusal('The actions are get, store, erase, list and version');
    }
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    const message = said(error, context.clock.now());
    return refusal(error.hint === undefined ? message : `${message}. ${nextStep(error.hint)}`);
  }
}

/** The protocol has a line for it, and not two. */
function nextStep(hint: Hint): string {
  return 'command' in hint ? `Run: ${hint.command}` : hint.text;
}

function address(input: string): string {
  return input.trim();
}

async function get(context: HelperContext, serverUrl: string): Promise<DockerAnswer> {
  if (serverUrl === '') return refusal(NO_ADDRESS);
  const account = await accountOf(context, serverUrl);
  if (account === undefined) return refusal(NOT_FOUND);
  const { accessToken } = await helperGrant(context, account);
  return { kind: 'credential', serverUrl, username: userOf(account), secret: accessToken };
}

/** Docker stores what it was given after each login: that is ours already. A password of somebody else is not kept. */
async function store(context: HelperContext, input: string): Promise<DockerAnswer> {
  const credential = looseJson(input);
  const [serverUrl, username] = [memberOf(credential, 'ServerURL'), memberOf(credential, 'Username')];
  if (typeof serverUrl !== 'string' || serverUrl === '') return refusal(NO_ADDRESS);
  if (typeof username !== 'string' || username === '') return refusal(NO_USER);
  const account = await accountOf(context, serverUrl);
  if (account !== undefined && username === userOf(account)) return { kind: 'done' };
  return refusal('beamd keeps no passwords of docker: it gives tokens of your logins. Run: beamd accounts');
}

/** A login is given up by its owner, and not by the way. */
async function erase(context: HelperContext, serverUrl: string): Promise<DockerAnswer> {
  if (serverUrl === '') return refusal(NO_ADDRESS);
  const account = await accountOf(context, serverUrl);
  if (account === undefined) return refusal(NOT_FOUND);
  return refusal(`beamd keeps the login, for more than docker. Run: beamd logout ${accountWords(account)}`);
}

/** The edges that `get` would answer for. */
async function list(context: HelperContext): Promise<ReadonlyMap<string, string>> {
  const users = new Map<string, string>();
  for (const account of (await context.accounts.list()).accounts) {
    if (!isEdge(account)) continue;
    const { origin } = parseServer(account.server);
    const meant = await accountAt(context, { origins: [origin] });
    if (meant !== undefined && meant.endedAt === undefined) users.set(origin, userOf(meant));
  }
  return users;
}

function accountOf(context: HelperContext, serverUrl: string): Promise<Account | undefined> {
  return accountAt(context, { origins: originsOf(serverUrl) });
}

/** What docker calls an address: a host, perhaps with a scheme before it and a path behind. Without a scheme it is https; on loopback either. */
function originsOf(serverUrl: string): string[] {
  // eslint-disable-next-line no-control-regex -- refusing these is what this is for
  if (/[\u0000-\u0020\u007f?#@\\]/u.test(serverUrl)) return [];
  const [, scheme, host = ''] = /^(?:([a-z]+):\/\/)?([^/]*)/u.exec(serverUrl) ?? [];
  const schemes = scheme === undefined ? ['https', ...(isLoopback(host.replace(/:\d+$/u, '')) ? ['http'] : [])] : [scheme];
  return schemes.map((each) => placeOf(each, host)).filter((origin) => origin !== undefined);
}
