/** The credential protocol of git (gitcredentials(7), git-credential(1)): lines of `key=value`, ended by an empty one. */
import type { TokenGrant } from '../../agent/protocol/agent.ts';
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import { said } from '../moment.ts';
import { accountAt, placeOf, userOf } from './account-at.ts';
import { helperGrant, type HelperContext } from './helper-grant.ts';
import type { Account } from '../../store/accounts/account.ts';

/** What git is told. */
export type GitCredential = { readonly token: Secret; /** Unix seconds. */ readonly expiresAt?: number } & (
  | /** For every git: Basic authentication, the token as password. */ { readonly kind: 'password'; readonly username: string }
    /** For one of 2.46 or later, at a server that takes bearer tokens. */
  | { readonly kind: 'bearer' }
);

/** Values by key; those of a key with `[]` are several. */
type Request = ReadonlyMap<string, readonly string[]>;

/**
 * Does what git asks of a helper; undefined: there is nothing to say. `erase` is how git tells that a server refused a token: if it
 * is the one that we hold, the session is refreshed. What git wants to `store` is ours already. Never throws for a login that is
 * needed or a server that is away: that is said on stderr, and git goes on. Throws `usage` for what is no request.
 */
export async function gitCredential(
  context: HelperContext,
  operation: string,
  readRequest: () => Promise<string>,
): Promise<GitCredential | undefined> {
  // Others are to be passed over, says git: there may be more of them one day.
  if (operation !== 'get' && operation !== 'erase') return undefined;
  const request = parseRequest(await readRequest());
  const refused = operation === 'erase' ? (last(request, 'password') ?? last(request, 'credential')) : undefined;
  // Nothing to compare: git forgets a place, and not a token.
  if (operation === 'erase' && refused === undefined) return undefined;
  try {
    return await answer(context, request, refused === undefined ? undefined : new Secret(refused));
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    context.warn(said(error, context.clock.now()), error.hint);
    return undefined;
  }
}

async function answer(context: HelperContext, request: Request, refused?: Secret): Promise<GitCredential | undefined> {
  const origin = placeOf(last(request, 'protocol') ?? '', last(request, 'host') ?? '');
  if (origin === undefined) return undefined;
  const username = last(request, 'username');
  const account = await accountAt(context, { origins: [origin], username });
  if (account === undefined) return undefined;
  const grant = await helperGrant(context, account, refused);
  return refused === undefined ? credentialOf(request, account, grant) : undefined;
}

function credentialOf(request: Request, account: Account, { accessToken: token, expiresAt }: TokenGrant): GitCredential {
  const common = omitUndefined({ token, expiresAt });
  if (takesBearer(request)) return { kind: 'bearer', ...common };
  return { kind: 'password', username: last(request, 'username') ?? userOf(account), ...common };
}

/** Whether git can send one, and the server has said that it takes one. */
function takesBearer(request: Request): boolean {
  const can = request.get('capability[]')?.includes('authtype') === true;
  return can && request.get('wwwauth[]')?.some((offered) => /^bearer(?:\s|$)/iu.test(offered)) === true;
}

function last(request: Request, key: string): string | undefined {
  return request.get(key)?.at(-1);
}

/** Throws `usage` for a value that could end a line early, here or in what is made of it elsewhere. */
function parseRequest(text: string): Request {
  const request = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    if (line === '') break;
    const end = line.indexOf('=');
    // eslint-disable-next-line no-control-regex -- refusing these is what this is for
    if (end < 1 || /[\r\u0000]/u.test(line)) throw notOfGit();
    const [key, value] = [line.slice(0, end), line.slice(end + 1)];
    if (!key.endsWith('[]')) request.set(key, [value]);
    // An empty one takes back those before it.
    else request.set(key, value === '' ? [] : [...(request.get(key) ?? []), value]);
  }
  return request;
}

function notOfGit(): BeamError {
  return new BeamError('usage', 'What git asks is lines of KEY=VALUE, without a carriage return or a NUL', {
    hint: { command: 'beamd credential git --help' },
  });
}
