/** The credential of an account, as it is sealed: JSON, so that `age --decrypt` shows something useful. */
import { Secret } from '../../secret.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { DocumentReader, parseJsonFile, wrongFile } from '../formats/field-reader.ts';
import type { Credential } from './account.ts';

/** A credential's members, in a file or in what is sealed. */
interface CredentialFields {
  readonly access_token: string;
  readonly refresh_token?: string | null | undefined;
  readonly expires_at?: number | null | undefined;
  readonly issued_at?: number | null | undefined;
}

export function toCredential(fields: CredentialFields): Credential {
  return omitUndefined({
    accessToken: new Secret(fields.access_token),
    refreshToken: fields.refresh_token ? new Secret(fields.refresh_token) : undefined,
    expiresAt: fields.expires_at ?? undefined,
    issuedAt: fields.issued_at ?? undefined,
  });
}

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
  const value = parseJsonFile(json, what);
  if (typeof value !== 'object' || value === null) throw wrongFile(what, 'does not have the expected form');
  const fields = new DocumentReader({ ...value }, what);
  return toCredential({
    access_token: fields.text('access_token'),
    refresh_token: fields.optionalText('refresh_token'),
    expires_at: fields.optionalNumber('expires_at'),
    issued_at: fields.optionalNumber('issued_at'),
  });
}
