import type { DefaultResult } from '../../services/beamd/default.ts';
import type { OrgsResult } from '../../services/beamd/orgs.ts';
import { wordsOf } from '../../matching.ts';
import { printable } from '../../text.ts';
import type { DefaultJson, OrgsJson } from '../json/orgs.ts';
import { hintLine, type Style } from '../output/style.ts';
import { scopeJson } from './accounts.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export function orgsJson(result: OrgsResult): OrgsJson {
  return omitUndefined({
    server: result.server,
    account: result.name,
    self_hosted: result.selfHosted,
    orgs: result.scopes.map(scopeJson),
    stale_default: result.staleDefault,
    user: result.user,
    default_scope: result.defaultScope,
    active: result.active,
  });
}

/** One org a line; `*` marks the one that commands act for here. */
export function presentOrgs(result: OrgsResult, style: Style): string {
  const { server, scopes, active, defaultScope } = result;
  if (result.selfHosted) return `${server} is self-hosted and has no orgs`;
  const name = (slug: string): string => highlighted(printable(slug), result.filter ?? '', style.yellow);
  const rows = scopes.map(({ slug, role }) => [
    slug === active ? `${style.green('*')} ${style.bold(name(slug))}` : `  ${name(slug)}`,
    role === undefined ? '' : printable(role),
    slug === defaultScope ? style.dim('default') : '',
  ]);
  // What the filter left nothing of, the service has said.
  const none = result.filter === undefined ? [`You have no orgs on ${server}`] : [];
  const lines = rows.length === 0 ? none : [style.table(rows)];
  if (result.staleDefault && defaultScope !== undefined) lines.push(staleDefault(defaultScope, server, style));
  return lines.join('\n');
}

/** A name with what the filter found in it painted. */
function highlighted(name: string, filter: string, paint: Style['yellow']): string {
  const words = wordsOf(filter).map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`));
  return words.length === 0 ? name : name.replaceAll(new RegExp(words.join('|'), 'giu'), (found) => paint(found));
}

export function defaultJson(result: DefaultResult): DefaultJson {
  return omitUndefined({
    server: result.server,
    account: result.name,
    stale: result.stale,
    changed: result.changed,
    default_scope: result.defaultScope,
  });
}

/** Shown, it is the org alone, for a shell to take. */
export function presentDefault({ server, defaultScope, asked, changed }: DefaultResult, style: Style): string {
  const org = defaultScope === undefined ? '' : printable(defaultScope);
  if (asked === 'show') return org;
  if (asked === 'set' && !changed) return `The default org on ${server} is ${style.bold(org)}`;
  if (asked === 'set') return style.done(`The default org on ${server} is now ${style.bold(org)}`);
  const first = org === '' ? '' : `: ${style.bold(org)} acts, your first one`;
  return style.done(`There is no default org on ${server} any more${first}`);
}

function staleDefault(scope: string, server: string, style: Style): string {
  const name = printable(scope);
  const line = style.warning(`The default org ${name} is not among your orgs on ${server} any more`);
  return `${line}\n${hintLine({ command: 'beamd default ORG' })}`;
}
