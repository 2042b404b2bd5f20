import type { TokenGrant } from '../../agent/protocol/agent.ts';
import type { LinkResult } from '../../services/beamd/link.ts';
import { printable } from '../../text.ts';
import type { LinkJson, TokenJson } from '../json/project.ts';
import type { Style } from '../output/style.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export function linkJson({ path, server, scope, unpinned, local, ignored }: LinkResult): LinkJson {
  return omitUndefined({ path, server, local, scope, unpinned_scope: unpinned, git: ignored });
}

export function presentLink({ path, server, scope, unpinned, local, ignored }: LinkResult, style: Style): string {
  const org = scope === undefined ? '' : ` and org ${style.bold(printable(scope))}`;
  const line = `Wrote ${printable(path, 1_000)}: this project uses ${style.bold(server)}${org}`;
  if (local) return `${line}\n${localLine(ignored)}`;
  const own = `${printable(unpinned ?? '')} is your personal org and was not written; to pin an org: beamd link --scope ORG`;
  return [line, ...(unpinned === undefined ? [] : [own]), 'It holds no secret: commit it'].join('\n');
}

function localLine(ignored: LinkResult['ignored']): string {
  if (ignored === undefined || ignored.status === 'unignored') return 'It is yours alone: keep it out of version control';
  const path = printable(ignored.path, 1_000);
  return `It is yours alone: ${ignored.status === 'now' ? `added to ${path}` : `${path} keeps it out of git`}`;
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
