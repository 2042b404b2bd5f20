import { BeamError, systemCode } from '../errors.ts';
import type { Env } from '../environment.ts';

/** Which certificates the servers of one account may show. Accounts and `--config` files have these members. */
export interface ServerTrust {
  /** Accept any certificate. */
  readonly insecureSkipVerify?: boolean;
  /** A PEM file trusted beside the usual roots. */
  readonly caFile?: string;
}

export interface TrustOptions extends ServerTrust {
  readonly env: Env;
}

export interface Trust {
  readonly rejectUnauthorized: boolean;
  readonly ca?: string[];
}

/**
 * The TLS options of every request. `rejectUnauthorized` is always explicit, so NODE_TLS_REJECT_UNAUTHORIZED changes
 * nothing. Throws `bad_file` when the CA file cannot be read.
 */
export function trustOf(options: TrustOptions): Trust {
  const rejectUnauthorized = options.insecureSkipVerify !== true;
  if (options.caFile === undefined) return { rejectUnauthorized };
  const { rootCertificates } = process.getBuiltinModule('node:tls');
  // `ca` replaces the usual roots with everything Node itself was told to trust, so all of that is named again.
  const extra = options.env['NODE_EXTRA_CA_CERTS'];
  const own = extra === undefined || extra === '' ? [] : [readPem(extra)];
  return { rejectUnauthorized, ca: [...rootCertificates, ...own, readPem(options.caFile)] };
}

function readPem(path: string): string {
  try {
    return process.getBuiltinModule('node:fs').readFileSync(path, 'utf8');
  } catch (error) {
    const code = systemCode(error) ?? 'unreadable';
    throw new BeamError('bad_file', `Cannot read the CA file ${path} (${code})`, { cause: error });
  }
}
