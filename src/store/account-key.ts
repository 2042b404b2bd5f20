/**
 * Which of a user's logins is meant: a server, and a name where there are several logins to it. The one place that reads and
 * makes such names, so that what a user, a project or a file says never becomes a path.
 */
import { BeamError } from '../errors.ts';
import { accountTitle, accountWords } from '../hints.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { printable } from '../text.ts';
import { parseServer, serverOfKey, type Server } from './server.ts';

declare const checked: unique symbol;

/** What tells two logins to one server apart: `[a-z0-9][a-z0-9-]{0,31}`. Only `parseAccountName` and `accountOfKey` give one. */
export type AccountName = string & { readonly [checked]: 'AccountName' };

/** A login as users name it. */
export interface AccountRef {
  /** `Server.name`, or what a key tells of it. */
  readonly server: string;
  /** Absent: the login without a name. */
  readonly name?: AccountName;
}

/** What is typed for the login without a name, where a name is asked for. */
export const NAMELESS = '-';

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/u;
const KEY = /^(?:\[[0-9a-f.-]{2,45}\]|[a-z0-9-]+(?:\.[a-z0-9-]+)*)(?:_[1-9]\d{0,4})?(?:@[a-z0-9][a-z0-9-]{0,31})?$/u;

/** A file name is at most 255 bytes, and a temporary one has 45 more than the key. */
const LONGEST_KEY = 210;

function isName(text: string): text is AccountName {
  return NAME.test(text);
}

/** Reads what was given for the name of an account; undefined for `-`, the one without a name. Throws `usage`. */
export function parseAccountName(text: string): AccountName | undefined {
  if (text === NAMELESS) return undefined;
  if (isName(text)) return text;
  throw new BeamError('usage', `${printable(text, 40)} is not the name of an account`, {
    hint: { text: 'A name has 1 to 32 characters: a to z, 0 to 9, and - after the first; - alone is the account without one' },
  });
}

/** The key of a login, and so the name of its files. Throws `bad_server` where both together are too long for one. */
export function accountKey({ key }: Pick<Server, 'key'>, name?: AccountName): string {
  const whole = name === undefined ? key : `${key}@${name}`;
  if (whole.length <= LONGEST_KEY) return whole;
  throw new BeamError('bad_server', 'The names of the server and of the account are too long together', {
    hint: { text: 'Give a shorter --account' },
  });
}

/** Whether the text is the key of an account, and so safe as a file name. */
export function isAccountKey(key: string): boolean {
  return key.length <= LONGEST_KEY && KEY.test(key);
}

/** The two parts of a key. */
export function splitAccountKey(key: string): { readonly serverKey: string; readonly name?: AccountName } {
  const at = key.lastIndexOf('@');
  const name = at === -1 ? '' : key.slice(at + 1);
  return isName(name) ? { serverKey: key.slice(0, at), name } : { serverKey: key };
}

/** The login that a key stands for, as a user may type it. */
export function accountOfKey(key: string): AccountRef {
  const { serverKey, name } = splitAccountKey(key);
  return omitUndefined({ server: serverOfKey(serverKey), name });
}

/** Reads a login as `config` names the current one: a server, or `server@name`. Throws as `parseServer`. */
export function parseAccountRef(text: string): { readonly server: Server; readonly name?: AccountName } {
  const at = text.lastIndexOf('@');
  const name = at === -1 ? '' : text.slice(at + 1);
  return isName(name) ? { server: parseServer(text.slice(0, at)), name } : { server: parseServer(text) };
}

/** A login as `parseAccountRef` reads it. */
export function formatAccountRef({ server, name }: AccountRef): string {
  return name === undefined ? server : `${server}@${name}`;
}

/**
 * The account file that the Go `beamd` has in place of `file`, on port 443: `<host>_443.yaml`, where its documents and this
 * program say `<host>.yaml`. For an account on another port, which both call the same, there is never such a file.
 */
export function goAccountFile(file: string): string {
  return file.replace(/(?=(?:@[a-z0-9-]+)?\.yaml$)/u, '_443');
}

/** The key of an account file by its name, whichever of the two programs named it. */
export function keyOfFileName(name: string): string {
  return name.replace(/^([^_]*)_443(?=@|$)/u, '$1');
}

/** What is said where a key has no account: `login_required`, with the login that makes it. */
export function noAccount(key: string): BeamError {
  const account = accountOfKey(key);
  return new BeamError('login_required', `You are not logged in to ${accountTitle(account)}`, {
    hint: { command: `beamd login ${accountWords(account)}` },
  });
}
