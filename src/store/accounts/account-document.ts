/**
 * The text of an account file, read and written, and of the credential sealed in it. Ours keep the credential in `secret`;
 * those of other tools have a plain `token`.
 */
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { Secret } from '../../secret.ts';
import { isToken } from '../../text.ts';
import { FieldReader, wrongFile } from '../formats/field-reader.ts';
import { parseJson } from '../formats/json-file.ts';
import { parseYaml, stringifyYaml } from '../formats/yaml.ts';
import { accountKey, splitAccountKey } from '../account-key.ts';
import { parseServer, type Server } from '../server.ts';
import type { Account, AutoLock, Credential, DialectName, PassphraseLock, Scope } from './account.ts';

/** Bytes of an account file at most: some users have hundreds of orgs. */
export const MAX_ACCOUNT_FILE = 262_144;

/** Which login a file is of (a random name), and how often its session was refreshed since. */
export interface Turn {
  readonly login: string;
  readonly rotation: number;
}

/** An account file, taken apart. */
export interface AccountDocument {
  readonly path: string;
  readonly account: Account;
  /** As the account's secret store wrote it. */
  readonly sealed?: string;
  /** The credential of a file that keeps it in plain text, as other tools write it. */
  readonly plain?: Credential;
  /** Whether the file itself asks for plain storage. */
  readonly plainByChoice: boolean;
  /** Which state of the login this is; absent in files of other tools and of versions before. */
  readonly turn?: Turn;
  /** Fields that this version does not know, kept as they are. */
  readonly extra: Readonly<Record<string, unknown>>;
}

const DIALECTS = ['beam-auth', 'oauth', 'runbeam', 'static'] as const;
const STORAGES = ['age', 'keyring', 'plain'] as const;

/** The fields of a file as they stand there; an absent one and an empty one are told apart by whoever asks. */
function readFields(file: FieldReader) {
  return {
    server: file.text('server'),
    provider: file.choice('provider', ['edge', 'runbeam']) ?? ('edge' as const),
    kind: file.choice('kind', ['session', 'token']),
    dialect: file.choice('dialect', DIALECTS),
    user: file.optionalString('user'),
    scopes: file.optionalList('scopes', readScope),
    default_scope: file.optionalString('default_scope'),
    storage: file.choice('storage', STORAGES),
    typed_as: file.optionalList('typed_as', (item) => (typeof item === 'string' ? item : undefined)),
    control_plane: file.optionalText('control_plane'),
    issuer: file.optionalText('issuer'),
    client_id: file.optionalText('client_id'),
    api_url: file.optionalText('api_url'),
    insecure_skip_verify: file.optionalFlag('insecure_skip_verify'),
    ca: file.optionalText('ca'),
    ended_at: file.optionalNumber('ended_at'),
    locked: readLock(file.optionalObject('locked')),
    auto_lock: readAutoLock(file.optionalObject('auto_lock')),
    lock_identity: file.optionalText('lock_identity'),
    confirm: file.optionalFlag('confirm'),
    checked_at: file.optionalNumber('checked_at'),
    network: file.optionalText('network'),
    login: file.optionalText('login'),
    rotation: file.optionalNumber('rotation'),
    secret: file.optionalText('secret'),
    // The Go `beamd` empties a token that it does not know, and its documents call it by another name.
    token: file.optionalString('token'),
    session_token: file.optionalString('session_token'),
    refresh_token: file.optionalText('refresh_token'),
    expires_at: file.optionalNumber('expires_at'),
    issued_at: file.optionalNumber('issued_at'),
  };
}

type Fields = ReturnType<typeof readFields>;

function readLock(lock: FieldReader | undefined) {
  return (
    lock && {
      failures: lock.number('failures'),
      not_before: lock.optionalNumber('not_before'),
      by_itself: lock.optionalFlag('by_itself'),
    }
  );
}

function readAutoLock(lock: FieldReader | undefined) {
  return (
    lock && {
      after: lock.optionalNumber('after'),
      on_suspend: lock.optionalFlag('on_suspend'),
      since: lock.number('since'),
      recipient: lock.text('recipient'),
    }
  );
}

/** An org as we write it, or its name alone. */
function readScope(item: unknown): Scope | undefined {
  if (typeof item === 'string') return item === '' ? undefined : { slug: item };
  if (typeof item !== 'object' || item === null || !('slug' in item)) return undefined;
  const role = 'role' in item ? (item.role ?? undefined) : undefined;
  if (typeof item.slug !== 'string' || item.slug === '' || (role !== undefined && typeof role !== 'string')) return undefined;
  return { slug: item.slug, ...(role ? { role } : {}) };
}

function dialectOf(file: Fields, kind: Account['kind']): DialectName {
  if (file.dialect !== undefined) return file.dialect;
  if (kind === 'token') return 'static';
  if (file.provider === 'runbeam') return 'runbeam';
  return file.issuer ? 'oauth' : 'beam-auth';
}

/** The server in the file, which must be the one the file is named after. */
function serverOf(file: Fields, key: string, path: string): Server {
  let server: Server;
  try {
    server = parseServer(file.server);
  } catch (error) {
    throw new BeamError('bad_file', `${path} has a wrong \`server\``, { hint: { text: `Correct ${path}` }, cause: error });
  }
  const { serverKey, name } = splitAccountKey(key);
  if (server.key === serverKey) return server;
  throw new BeamError('bad_file', `${path} is for another server than its name says`, {
    hint: { text: `Rename it to ${accountKey(server, name)}.yaml` },
  });
}

/** An empty text, null or false says as much as an absent field. */
function given<T>(value: T | null | undefined): Exclude<T, '' | false> | undefined {
  return value ? (value as Exclude<T, '' | false>) : undefined;
}

/** The secret of a file that keeps it in plain text. */
function plainToken(file: Fields): string | undefined {
  return given((given(file.token) ?? given(file.session_token))?.trim());
}

function toAccount(file: Fields, key: string, path: string): Account {
  const server = serverOf(file, key, path);
  const scopes = file.scopes ?? [];
  const kind = file.kind ?? (file.token && scopes.length === 0 ? 'token' : 'session');
  return omitUndefined({
    key,
    name: splitAccountKey(key).name,
    server: server.name,
    provider: file.provider,
    kind,
    dialect: dialectOf(file, kind),
    user: given(file.user),
    scopes,
    defaultScope: given(file.default_scope),
    storage: plainToken(file) ? ('plain' as const) : (file.storage ?? 'age'),
    typedAs: file.typed_as === undefined || file.typed_as.length === 0 ? undefined : file.typed_as,
    controlPlane: given(file.control_plane),
    issuer: given(file.issuer),
    clientId: given(file.client_id),
    apiUrl: given(file.api_url),
    insecureSkipVerify: given(file.insecure_skip_verify),
    ca: given(file.ca),
    endedAt: file.ended_at ?? undefined,
    locked: toLock(file.locked),
    autoLock: toAutoLock(file),
    confirm: given(file.confirm),
    checkedAt: file.checked_at ?? undefined,
    network: given(file.network),
  });
}

function toLock(lock: Fields['locked']): PassphraseLock | undefined {
  return lock
    ? omitUndefined({ failures: lock.failures, notBefore: lock.not_before ?? undefined, byItself: given(lock.by_itself) })
    : undefined;
}

function toAutoLock({ auto_lock: lock, lock_identity: identity }: Fields): AutoLock | undefined {
  if (lock === undefined || !identity) return undefined;
  const { after, on_suspend: onSuspend, since, recipient } = lock;
  return omitUndefined({ after: after ?? undefined, onSuspend: given(onSuspend), since, recipient, identity });
}

/** What is in an account file. `key` is what its name says. Throws `bad_file` naming path and line or field. */
export async function parseAccountFile(content: string, path: string, key: string): Promise<AccountDocument> {
  const document = await parseYaml(content, path, { maxBytes: MAX_ACCOUNT_FILE });
  const file = readFields(FieldReader.of(document, path));
  // We take `token` out when we write `secret`: where both are, another tool wrote the token later.
  const token = plainToken(file);
  if (token !== undefined && !isToken(token)) throw wrongFile(path, 'has a wrong `token`: it holds a space or a line break');
  const plain = token === undefined ? undefined : toCredential({ ...file, access_token: token });
  return omitUndefined({
    path,
    account: toAccount(file, key, path),
    sealed: plain === undefined ? (file.secret ?? undefined) : undefined,
    plain,
    plainByChoice: file.storage === 'plain',
    turn: file.login ? { login: file.login, rotation: file.rotation ?? 0 } : undefined,
    extra: Object.fromEntries(Object.entries(document).filter(([name]) => !Object.hasOwn(file, name))),
  });
}

function fromLock({ failures, notBefore, byItself }: PassphraseLock) {
  return omitUndefined({ failures, not_before: notBefore, by_itself: byItself });
}

function fromAutoLock({ after, onSuspend, since, recipient }: AutoLock) {
  return omitUndefined({ after, on_suspend: onSuspend, since, recipient });
}

const COMMENT = '# Written by beamd. Everything but the secret may be read and shown.\n';

/** What is written of an account. */
type AccountText = Pick<AccountDocument, 'account' | 'sealed' | 'extra' | 'turn'>;

/** The text of an account file: known fields, then unknown ones, the secret last. */
export async function formatAccountFile({ sealed, ...rest }: AccountText): Promise<string> {
  const head = await formatAccountHead(rest);
  return sealed === undefined ? head : withSecret(head, sealed);
}

/** The text of an account file up to its secret. */
export async function formatAccountHead({ account, extra, turn }: Omit<AccountText, 'sealed'>): Promise<string> {
  const body = await stringifyYaml(
    omitUndefined({
      server: account.server,
      provider: account.provider,
      kind: account.kind,
      dialect: account.dialect,
      user: account.user,
      scopes: account.scopes.map(({ slug: name, role }) => omitUndefined({ slug: name, role })),
      default_scope: account.defaultScope,
      storage: account.storage,
      typed_as: account.typedAs,
      control_plane: account.controlPlane,
      issuer: account.issuer,
      client_id: account.clientId,
      api_url: account.apiUrl,
      insecure_skip_verify: account.insecureSkipVerify,
      ca: account.ca,
      ended_at: account.endedAt,
      locked: account.locked && fromLock(account.locked),
      auto_lock: account.autoLock && fromAutoLock(account.autoLock),
      lock_identity: account.autoLock?.identity,
      confirm: account.confirm,
      checked_at: account.checkedAt,
      network: account.network,
      login: turn?.login,
      rotation: turn?.rotation,
      ...extra,
    }),
  );
  return COMMENT + body;
}

/**
 * The text of an account file, made of its head and what a secret store sealed. Without the yaml library, so that nothing is
 * left to be loaded where a rotated session has to get to the disk.
 */
export function withSecret(head: string, sealed: string): string {
  // The lines of an age file are nothing but text in a block; a line of any other kind stands in quotes, as JSON does.
  const isBlock = /^[A-Za-z0-9+/=-][A-Za-z0-9+/= -]*(?:\n[A-Za-z0-9+/=-][A-Za-z0-9+/= -]*)+$/u.test(sealed);
  return isBlock ? `${head}secret: |-\n  ${sealed.replaceAll('\n', '\n  ')}\n` : `${head}secret: ${JSON.stringify(sealed)}\n`;
}

/** A credential's members, in a file of another tool or in what is sealed: JSON, so that `age --decrypt` shows something useful. */
interface CredentialFields {
  readonly access_token: string;
  readonly refresh_token?: string | null | undefined;
  readonly expires_at?: number | null | undefined;
  readonly issued_at?: number | null | undefined;
}

function toCredential(fields: CredentialFields): Credential {
  return omitUndefined({
    accessToken: new Secret(fields.access_token),
    refreshToken: fields.refresh_token ? new Secret(fields.refresh_token) : undefined,
    expiresAt: fields.expires_at ?? undefined,
    issuedAt: fields.issued_at ?? undefined,
  });
}

/** What is sealed. It reveals the tokens. */
export function formatCredential(credential: Credential): string {
  return JSON.stringify({
    access_token: credential.accessToken.reveal(),
    refresh_token: credential.refreshToken?.reveal(),
    expires_at: credential.expiresAt,
    issued_at: credential.issuedAt,
  });
}

/** What was sealed in the account file at `path`. Throws `bad_file` naming it, never with content. */
export function parseCredential(json: string, path: string): Credential {
  const source = `The secret in ${path}`;
  const fields = FieldReader.of(parseJson(json, source), source);
  return toCredential({
    access_token: fields.text('access_token'),
    refresh_token: fields.optionalText('refresh_token'),
    expires_at: fields.optionalNumber('expires_at'),
    issued_at: fields.optionalNumber('issued_at'),
  });
}
