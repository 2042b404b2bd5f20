/** The text of an account file. Ours keep the credential in `secret`; those of other tools have a plain `token`. */
import * as v from 'valibot';
import { BeamError } from '../errors.ts';
import { Secret } from '../secret.ts';
import { defined } from './defined.ts';
import { check, parseJsonFile, seconds, text } from './schema.ts';
import { parsePlainAccount } from './plain-account.ts';
import { parseServer } from './server.ts';
import type { Account, Credential, DialectName, PassphraseLock, Scope, Server } from './types.ts';
import { parseYamlObject, stringifyYaml } from './yaml.ts';

/** Bytes of an account file at most: some users have hundreds of orgs. */
export const MAX_ACCOUNT_FILE = 262_144;

const COMMENT = '# Written by beamd. Everything but the secret may be read and shown.\n';

/** An account file, taken apart. */
export interface AccountDocument {
  readonly account: Account;
  /** As the account's secret store wrote it. */
  readonly sealed?: string;
  /** The credential of a file that keeps it in plain text, as other tools write it. */
  readonly plain?: Credential;
  /** Whether the file itself asks for plain storage. */
  readonly plainByChoice: boolean;
  /** Fields that this version does not know, kept as they are. */
  readonly extra: Readonly<Record<string, unknown>>;
}

const slug = v.pipe(
  text,
  v.transform((value): Scope => ({ slug: value })),
);
const scope = v.pipe(
  v.object({ slug: text, role: v.nullish(v.string()) }),
  v.transform(({ slug: name, role }): Scope => ({ slug: name, ...(role ? { role } : {}) })),
);

const fields = v.object({
  server: text,
  provider: v.optional(v.picklist(['edge', 'runbeam']), 'edge'),
  kind: v.optional(v.picklist(['session', 'token'])),
  dialect: v.optional(v.picklist(['beam-auth', 'oauth', 'runbeam', 'static'])),
  user: v.nullish(v.string()),
  scopes: v.nullish(v.array(v.union([slug, scope]))),
  default_scope: v.nullish(v.string()),
  storage: v.optional(v.picklist(['age', 'keyring', 'plain'])),
  control_plane: v.nullish(text),
  issuer: v.nullish(text),
  client_id: v.nullish(text),
  api_url: v.nullish(text),
  insecure_skip_verify: v.nullish(v.boolean()),
  ended_at: v.nullish(seconds),
  locked: v.nullish(v.object({ failures: v.number(), not_before: v.nullish(seconds) })),
  checked_at: v.nullish(seconds),
  secret: v.nullish(text),
  token: v.nullish(text),
  refresh_token: v.nullish(text),
  expires_at: v.nullish(seconds),
  issued_at: v.nullish(seconds),
});
type Fields = v.InferOutput<typeof fields>;

const credentialFields = v.object({
  access_token: text,
  refresh_token: v.nullish(text),
  expires_at: v.nullish(seconds),
  issued_at: v.nullish(seconds),
});

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
    throw new BeamError('bad_file', `${path} has a wrong \`server\``, { hint: `Correct ${path}`, cause: error });
  }
  if (server.key === key) return server;
  throw new BeamError('bad_file', `${path} is for another server than its name says`, {
    hint: `Rename it to ${server.key}.yaml`,
  });
}

/** An empty text, null or false says as much as an absent field. */
function given<T>(value: T | null | undefined): Exclude<T, '' | false> | undefined {
  return value ? (value as Exclude<T, '' | false>) : undefined;
}

function toAccount(file: Fields, key: string, path: string): Account {
  const server = serverOf(file, key, path);
  const scopes = file.scopes ?? [];
  const kind = file.kind ?? (file.token && scopes.length === 0 ? 'token' : 'session');
  return defined({
    key,
    server: server.name,
    provider: file.provider,
    kind,
    dialect: dialectOf(file, kind),
    user: given(file.user),
    scopes,
    defaultScope: given(file.default_scope),
    storage: file.token ? ('plain' as const) : (file.storage ?? 'age'),
    controlPlane: given(file.control_plane),
    issuer: given(file.issuer),
    clientId: given(file.client_id),
    apiUrl: given(file.api_url),
    insecureSkipVerify: given(file.insecure_skip_verify),
    endedAt: file.ended_at ?? undefined,
    locked: toLock(file.locked),
    checkedAt: file.checked_at ?? undefined,
  });
}

function toLock(lock: Fields['locked']): PassphraseLock | undefined {
  return lock ? defined({ failures: lock.failures, notBefore: lock.not_before ?? undefined }) : undefined;
}

function toCredential(file: v.InferOutput<typeof credentialFields>): Credential {
  return defined({
    accessToken: new Secret(file.access_token),
    refreshToken: file.refresh_token ? new Secret(file.refresh_token) : undefined,
    expiresAt: file.expires_at ?? undefined,
    issuedAt: file.issued_at ?? undefined,
  });
}

function isKnown(name: string): boolean {
  return Object.hasOwn(fields.entries, name);
}

/** Throws `bad_file` naming path and line or field. `key` is what the file's name says. */
export async function parseAccountFile(content: string, path: string, key: string): Promise<AccountDocument> {
  const document = parsePlainAccount(content) ?? (await parseYamlObject(content, path, { maxBytes: MAX_ACCOUNT_FILE }));
  const file = check(fields, document, path);
  // We take `token` out when we write `secret`: where both are, another tool wrote the token later.
  const plain = file.token ? toCredential({ ...file, access_token: file.token }) : undefined;
  return defined({
    account: toAccount(file, key, path),
    sealed: plain === undefined ? (file.secret ?? undefined) : undefined,
    plain,
    plainByChoice: file.storage === 'plain',
    extra: Object.fromEntries(Object.entries(document).filter(([name]) => !isKnown(name))),
  });
}

/** What an account file says. */
export type AccountText = Pick<AccountDocument, 'account' | 'sealed' | 'extra'>;

/** The text of an account file: known fields, then unknown ones, the secret last. */
export async function formatAccountFile(document: AccountText): Promise<string> {
  const { account } = document;
  const body = await stringifyYaml(
    defined({
      server: account.server,
      provider: account.provider,
      kind: account.kind,
      dialect: account.dialect,
      user: account.user,
      scopes: account.scopes.map(({ slug: name, role }) => defined({ slug: name, role })),
      default_scope: account.defaultScope,
      storage: account.storage,
      control_plane: account.controlPlane,
      issuer: account.issuer,
      client_id: account.clientId,
      api_url: account.apiUrl,
      insecure_skip_verify: account.insecureSkipVerify,
      ended_at: account.endedAt,
      locked: account.locked && defined({ failures: account.locked.failures, not_before: account.locked.notBefore }),
      checked_at: account.checkedAt,
      ...document.extra,
      secret: document.sealed,
    }),
  );
  return COMMENT + body;
}

/** What is sealed: JSON, so that `age --decrypt` shows something useful. */
export function formatCredential(credential: Credential): string {
  return JSON.stringify({
    access_token: credential.accessToken.reveal(),
    refresh_token: credential.refreshToken?.reveal(),
    expires_at: credential.expiresAt,
    issued_at: credential.issuedAt,
  });
}

/** Throws `bad_file` naming the account's file, never its content. */
export function parseCredential(json: string, path: string): Credential {
  const what = `The secret in ${path}`;
  return toCredential(check(credentialFields, parseJsonFile(json, what), what));
}
