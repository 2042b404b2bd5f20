import { BeamError, systemCode } from '../errors.ts';

const CA_HINT = { text: 'Set NODE_EXTRA_CA_CERTS to the file of your CA' };

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up now',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it broke the connection',
  EPIPE: 'it broke the connection',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no network',
  ETIMEDOUT: 'it does not answer',
  EPROTO: 'it does not speak TLS there',
};

const CERTIFICATE = /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|CRL_)/;

/**
 * What a request's error is to us: always `network`. Names the host (and the proxy, if one was used); the error's own
 * text, which may quote URLs with credentials, stays in `cause`.
 */
export function networkError(error: unknown, host: string, proxyHost?: string): BeamError {
  const code = systemCode(error) ?? '';
  const via = proxyHost === undefined ? '' : ` through the proxy ${proxyHost}`;
  if (CERTIFICATE.test(code)) {
    return new BeamError('network', `The certificate of ${host}${via} is not trusted (${code})`, {
      hint: CA_HINT,
      cause: error,
    });
  }
  const reason =
    REASONS[code.startsWith('ERR_SSL_') ? 'EPROTO' : code] ?? (/^[A-Z0-9_]{2,60}$/.test(code) ? code : 'the connection failed');
  return new BeamError('network', `Cannot reach ${host}${via}: ${reason}`, { cause: error });
}
