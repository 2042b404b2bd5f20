import { BeamError } from '../../errors.ts';
import { issuerCommand } from '../../hints.ts';
import { parseServer, type Server } from '../../store/server.ts';
import { withScheme } from '../../http.ts';

/** Where an issuer is: on its own server, or below a path there, as a Keycloak realm is. */
export interface Issuer {
  readonly host: Server;
  /** Without a slash at its end; empty at the root. */
  readonly path: string;
}

/** The issuer at the root of a server. */
export function rootIssuer(host: Server): Issuer {
  return { host, path: '' };
}

/**
 * The issuer that a user or an account names: a URL without a query, https or loopback; the scheme may be left out. Throws
 * `bad_server`, and `insecure_transport` as `parseServer`.
 */
export function parseIssuer(text: string): Issuer {
  const url = withScheme(text);
  const found = text.length <= 2_048 && !/[\s?#]/.test(text) && URL.canParse(url) ? new URL(url) : undefined;
  if (found?.username !== '' || found.password !== '') {
    throw new BeamError('bad_server', 'The issuer is not a URL like https://sso.example.com/realms/main', {
      hint: { text: 'Give --issuer as the issuer of the OpenID configuration has it' },
    });
  }
  return { host: parseServer(`${found.protocol}//${found.host}`), path: found.pathname.replace(/\/+$/, '') };
}

/** Where the metadata of an issuer is: OpenID below its path, RFC 8414 before it (section 3.1 there). */
export function documentsOf({ path }: Issuer): readonly string[] {
  return [`${path}/.well-known/openid-configuration`, `/.well-known/oauth-authorization-server${path}`];
}

/**
 * Metadata must name the issuer that was asked, with or without a slash at the end. Throws `bad_answer`; where a server's root
 * has the document of an issuer below it, that says how to log in there.
 */
export function checkIssuer(found: string, { host, path }: Issuer): void {
  if (found === `${host.origin}${path}` || found === `${host.origin}${path}/`) return;
  const below = path === '' && found.startsWith(`${host.origin}/`) && URL.canParse(found) && new URL(found).href === found;
  throw new BeamError(
    'bad_answer',
    below
      ? `The login of ${host.name} is that of an issuer with a path`
      : `The login discovery of ${host.name} belongs to another issuer`,
    below ? { hint: { command: issuerCommand({ server: host.name }, found) } } : {},
  );
}
