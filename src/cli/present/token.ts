/** A token as it is printed: alone, as a header, for a shell, as JSON. */
import type { NamedGrant } from '../../services/token/token.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import type { TokenJson } from '../json/project.ts';
import { rfc3339 } from './time.ts';

/** The one place where `--json` shows a token. */
export function tokenJson({ accessToken, expiresAt, server, name, scope }: NamedGrant): TokenJson {
  return omitUndefined({
    access_token: accessToken.reveal(),
    server,
    account: name,
    expires_at: rfc3339(expiresAt),
    scope,
  });
}

/** The token alone, or as the header that takes it to a server. */
export function tokenText(header: boolean): (grant: NamedGrant) => string {
  return ({ accessToken }) => (header ? `Authorization: Bearer ${accessToken.reveal()}` : accessToken.reveal());
}

/** What a shell evaluates: what is of no login any more goes. */
export function exportLines(variables: Readonly<Record<string, string | undefined>>): string {
  const lines = Object.entries(variables).map(([name, value]) =>
    value === undefined ? `unset ${name}` : `export ${name}='${value.replaceAll("'", `'\\''`)}'`,
  );
  return lines.join('\n');
}
