import type { CheckResult } from '../../services/beamd/check-api-key.ts';
import type { WhoamiResult } from '../../services/beamd/whoami.ts';
import { accountTitle } from '../../hints.ts';
import { printable } from '../../text.ts';
import type { CheckJson, WhoamiJson } from '../json/status.ts';
import type { Style } from '../output/style.ts';
import { omitUndefined } from '../../omit-undefined.ts';

export function whoamiJson(result: WhoamiResult): WhoamiJson {
  return omitUndefined({
    server: result.server,
    account: result.name,
    source: result.source,
    self_hosted: result.selfHosted,
    user: result.user,
    scope: result.scope,
    role: result.role,
  });
}

/** One line: `alice on edge.example.com for acme (admin)`. */
export function presentWhoami(result: WhoamiResult, style: Style): string {
  const who = result.user === undefined ? NAMELESS[result.source] : style.bold(printable(result.user));
  const role = result.role === undefined ? '' : ` (${printable(result.role)})`;
  const org = result.scope === undefined ? '' : ` for ${style.bold(printable(result.scope))}${role}`;
  return `${who} on ${accountTitle(result)}${org}${result.selfHosted ? ' (self-hosted)' : ''}`;
}

const NAMELESS: Readonly<Record<WhoamiResult['source'], string>> = {
  account: 'A token',
  env_token: 'The token of BEAMD_TOKEN',
  app_config: 'The API key of the --config file',
};

export function checkJson({ path, server, workspace, session }: CheckResult): CheckJson {
  const base = { config: path, server, checked: workspace !== undefined || session !== undefined };
  if (session !== undefined) return { ...base, session: omitUndefined({ user: session.user, scope: session.scope }) };
  if (workspace === undefined) return base;
  const { slug, name, provisioned, exampleUrl } = workspace;
  return {
    ...base,
    workspace: omitUndefined({ slug, name, provisioned, example_url: exampleUrl }),
  };
}

export function presentCheck({ path, server, byAgent, workspace, session }: CheckResult, style: Style): string {
  const file = printable(path, 1_000);
  if (session !== undefined) {
    const who = [
      printable(session.user ?? 'a session'),
      ...(session.scope === undefined ? [] : [style.bold(printable(session.scope))]),
    ];
    return style.done(`${file}: ${byAgent === true ? 'its agent' : 'the token'} acts for ${who.join(', ')} on ${server}`);
  }
  if (workspace === undefined) return `${file}: ${server} is self-hosted; the key was not checked`;
  const { slug, name, provisioned, exampleUrl } = workspace;
  const title = name === '' || name === slug ? '' : ` (${printable(name)})`;
  const lines = [style.done(`${file}: the key is valid for ${style.bold(printable(slug))}${title} on ${server}`)];
  if (!provisioned) lines.push(style.warning('The org is not provisioned yet'));
  if (exampleUrl !== undefined) lines.push(`Example: ${printable(exampleUrl, 2_048)}`);
  return lines.join('\n');
}
