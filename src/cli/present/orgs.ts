import type { DefaultResult } from '../../services/beamd/default.ts';
import type { OrgsResult } from '../../services/beamd/orgs.ts';
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
  const rows = scopes.map(({ slug, role }) => [
    slug === active ? `${style.green('*')} ${style.bold(printable(slug))}` : `  ${printable(slug)}`,
    role === undefined ? '' : printable(role),
    slug === defaultScope ? style.dim('default') : '',
  ]);
  const lines = [rows.length === 0 ? `You have no orgs on ${server}` : style.table(rows)];
  if (result.staleDefault && defaultScope !== undefined) lines.push(staleDefault(defaultScope, server, style));
  return lines.join('\n');
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

export function presentDefault(result: DefaultResult, style: Style): string {
  const { server, defaultScope } = result;
  if (defaultScope === undefined) return `${server} has no orgs, so there is no default org`;
  if (result.stale) return staleDefault(defaultScope, server, style);
  const org = style.bold(printable(defaultScope));
  return result.changed ? style.done(`The default org on ${server} is now ${org}`) : `The default org on ${server} is ${org}`;
}

function staleDefault(scope: string, server: string, style: Style): string {
  const name = printable(scope);
  const line = style.warning(`The default org ${name} is not among your orgs on ${server} any more`);
  return `${line}\n${hintLine({ command: 'beamd default ORG' })}`;
}
