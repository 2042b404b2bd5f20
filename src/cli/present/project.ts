import type { LinkResult } from '../../services/beamd/link.ts';
import type { NamedGrant } from '../../services/beamd/token.ts';
import { printable } from '../../text.ts';
import type { LinkJson, TokenJson } from '../json/project.ts';
import type { Style } from '../output/style.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export function linkJson({ path, server, name, scope, local, localPath }: LinkResult): LinkJson {
  return omitUndefined({ path, server, account: name, local, scope, local_path: localPath });
}

export function presentLink({ path, server, name, scope, local, localPath }: LinkResult, style: Style): string {
  const org = scope === undefined ? '' : ` and org ${style.bold(printable(scope))}`;
  const line = `Wrote ${printable(path, 1_000)}: this project uses ${style.bold(server)}${org}`;
  if (localPath !== undefined) {
    const account = name === undefined ? 'no account is named any more' : `the account ${style.bold(name)}`;
    return `${line}\nIt holds no secret: commit it\nWrote ${printable(localPath, 1_000)}: ${account}; keep it out of version control`;
  }
  return local ? `${line}\nIt is yours alone: keep it out of version control` : `${line}\nIt holds no secret: commit it`;
}

/** The one place where `--json` shows a token. */
export function tokenJson({ accessToken, expiresAt, server, name, scope }: NamedGrant): TokenJson {
  return omitUndefined({
    access_token: accessToken.reveal(),
    server,
    account: name,
    expires_at: expiresAt,
    scope,
  });
}
