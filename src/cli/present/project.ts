import type { TokenGrant } from '../../agent/protocol/agent.ts';
import type { LinkResult } from '../../services/beamd/link.ts';
import { printable } from '../../text.ts';
import type { LinkJson, TokenJson } from '../json/project.ts';
import type { Style } from '../output/style.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export function linkJson({ path, server, scope, local }: LinkResult): LinkJson {
  return omitUndefined({ path, server, local, scope });
}

export function presentLink({ path, server, scope, local }: LinkResult, style: Style): string {
  const org = scope === undefined ? '' : ` and org ${style.bold(printable(scope))}`;
  const line = `Wrote ${printable(path, 1_000)}: this project uses ${style.bold(server)}${org}`;
  return local ? `${line}\nIt is yours alone: keep it out of version control` : `${line}\nIt holds no secret: commit it`;
}

/** The one place where `--json` shows a token. */
export function tokenJson({ accessToken, expiresAt, server, scope }: TokenGrant): TokenJson {
  return omitUndefined({
    access_token: accessToken.reveal(),
    server,
    expires_at: expiresAt,
    scope,
  });
}
