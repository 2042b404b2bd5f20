import type { LinkResult } from '../../services/beamd/link.ts';
import type { UnlinkResult } from '../../services/beamd/unlink.ts';
import { printable } from '../../text.ts';
import type { LinkJson, UnlinkJson } from '../json/project.ts';
import { hintLine, type Style } from '../output/style.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export function linkJson({ path, server, name, scope, unpinned, local, localPath, ignored }: LinkResult): LinkJson {
  return omitUndefined({
    path,
    server,
    account: name,
    local,
    scope,
    unpinned_scope: unpinned,
    local_path: localPath,
    git: ignored,
  });
}

export function presentLink(result: LinkResult, style: Style): string {
  const { path, server, scope, unpinned, local, ignored } = result;
  const org = scope === undefined ? '' : ` and org ${style.bold(printable(scope))}`;
  const line = style.done(`Wrote ${printable(path, 1_000)}: this project uses ${style.bold(server)}${org}`);
  if (local) return `${line}\n${localLine(ignored)}`;
  const lines = [line, 'It holds no secret: commit it', ...accountLines(result, style)];
  const own = unpinned === undefined ? [] : ownOrgLines(unpinned);
  return [...lines, ...own, 'To check it, here and in CI', hintLine({ command: 'beamd pin check' })].join('\n');
}

function ownOrgLines(org: string): string[] {
  const said = `${printable(org)} is your personal org and was not written. To pin an org`;
  return [said, hintLine({ command: 'beamd link --scope ORG' })];
}

/** What was written beside the file for everyone: which of this user's accounts is meant. */
function accountLines({ name, localPath, ignored }: LinkResult, style: Style): string[] {
  if (localPath === undefined) return [];
  const account = name === undefined ? 'it names no account any more' : `it names the account ${style.bold(name)}`;
  return [style.done(`Wrote ${printable(localPath, 1_000)}: ${account}`), localLine(ignored)];
}

function localLine(ignored: LinkResult['ignored']): string {
  if (ignored === undefined || ignored.status === 'unignored') return 'It is yours alone: keep it out of version control';
  const path = printable(ignored.path, 1_000);
  return `It is yours alone: ${ignored.status === 'now' ? `added to ${path}` : `${path} keeps it out of git`}`;
}

export function unlinkJson({ files, stays }: UnlinkResult): UnlinkJson {
  return omitUndefined({ files: files.map(({ path, left }) => ({ path, removed: left === 'nothing' })), stays });
}

export function presentUnlink({ files, stays }: UnlinkResult, style: Style): string {
  const lines = files.map(({ path, left }) => {
    const name = printable(path, 1_000);
    return style.done(
      left === 'nothing' ? `Removed ${name}` : `Took server, org and account out of ${name}; the rest of it stays`,
    );
  });
  if (stays === undefined) return lines.join('\n');
  const what = [stays.server, stays.scope && `org ${stays.scope}`].filter(Boolean).join(', ');
  return [...lines, style.warning(`${printable(stays.path, 1_000)} pins ${printable(what)} here still`)].join('\n');
}
