/** Which certificates a client trusts. */
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { SecureContext } from 'node:tls';
import type { Env } from '../environment.ts';
import { BeamError, systemCode } from '../errors.ts';
import { withScheme, type ServerTrust } from '../http.ts';
import { shellWord } from '../text.ts';

export interface Trust {
  readonly rejectUnauthorized: boolean;
  /** Absent: Node's own. Made once, because it takes longer than a request. */
  readonly secureContext?: SecureContext;
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;

/** What a folder of certificates has for them: their own names, and their hashes as links to them. */
const NAMED = /\.(?:pem|crt|cer|\d+)$/i;

/**
 * The TLS options of every request: the roots that Node has, and beside them what NODE_EXTRA_CA_CERTS, SSL_CERT_FILE,
 * SSL_CERT_DIR and the account name. `rejectUnauthorized` is always explicit, so NODE_TLS_REJECT_UNAUTHORIZED changes nothing.
 * Throws `bad_file` for a CA file that cannot be read.
 */
export function trustOf({ env, caFile, ca: text }: Pick<ServerTrust, 'ca' | 'caFile'> & { readonly env: Env }): Trust {
  const named = [
    ...(caFile === undefined ? [] : [readPem(caFile)]),
    ...(text === undefined ? [] : [text]),
    ...fromFile(env, 'SSL_CERT_FILE'),
    ...fromFolders(env['SSL_CERT_DIR'] ?? ''),
  ];
  if (named.length === 0) return { rejectUnauthorized: true };
  const { rootCertificates, createSecureContext } = process.getBuiltinModule('node:tls');
  // `ca` replaces the usual roots with everything Node itself was told to trust, so all of that is named again.
  const ca = each([...rootCertificates, ...fromFile(env, 'NODE_EXTRA_CA_CERTS'), ...named]);
  return { rejectUnauthorized: true, secureContext: createSecureContext({ ca }) };
}

/** Any certificate will do. */
export const ANY_CERTIFICATE: Trust = { rejectUnauthorized: false };

/** The hosts whose certificates an account does not look at, as `URL.hostname` has them. */
export function insecureHosts({ insecureSkipVerify, server, typedAs = [] }: ServerTrust): readonly string[] {
  if (insecureSkipVerify !== true) return [];
  const names = [...(server === undefined ? [] : [server]), ...typedAs];
  return names.map((name) => withScheme(name)).flatMap((url) => (URL.canParse(url) ? [new URL(url).hostname] : []));
}

/** The certificates of a PEM file, each as it stands there. */
export function certificatesIn(text: string): readonly string[] {
  return text.match(CERTIFICATE) ?? [];
}

/** Every certificate once, however its lines are broken: a system's bundle holds most of what Node has, and each takes time. */
function each(texts: readonly string[]): string[] {
  const certificates = texts.flatMap(certificatesIn);
  return [...new Map(certificates.map((certificate) => [certificate.replaceAll(/\s/g, ''), certificate])).values()];
}

function fromFile(env: Env, name: string): string[] {
  const path = env[name] ?? '';
  return path === '' ? [] : [readPem(path, ` that ${name} names`)];
}

/** As OpenSSL: folders, and files in them, that cannot be read are none. */
function fromFolders(list: string): string[] {
  const folders = list.split(delimiter).filter((folder) => folder !== '');
  return folders.flatMap((folder) =>
    namesIn(folder).flatMap((name) => {
      try {
        return [readFileSync(join(folder, name), 'latin1')];
      } catch {
        return [];
      }
    }),
  );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => NAMED.test(name));
  } catch {
    return [];
  }
}

function readPem(path: string, named = ''): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    const code = systemCode(error) ?? 'unreadable';
    throw new BeamError('bad_file', `Cannot read the CA file ${path}${named} (${code})`, {
      hint: { command: `ls -ld ${shellWord(path)}` },
      cause: error,
    });
  }
}
