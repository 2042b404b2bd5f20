/** Certificates of nobody's, made anew for a test. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCertificate {
  /** PEM texts: what a sandbox server takes as `tls`. */
  readonly key: string;
  readonly cert: string;
  /** Where `cert` is. */
  readonly file: string;
  readonly keyFile: string;
}

/**
 * A certificate for 127.0.0.1 and localhost that signs itself, or undefined without `openssl`, which not every machine has.
 *
 * @param days - how long it is valid from now on; -1: not any more
 */
export function makeCertificate(folder: string, name: string, days = 2): TestCertificate | undefined {
  const [keyFile, request, file] = ['key', 'csr', 'pem'].map((end) => join(folder, `${name}.${end}`)) as [string, string, string];
  const extensions = ['subjectAltName=IP:127.0.0.1,DNS:localhost', 'basicConstraints=critical,CA:TRUE'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  try {
    for (const words of [
      ['req', '-new', ...key, '-subj', `/CN=${name}`, ...extensions.flatMap((one) => ['-addext', one]), '-out', request],
      ['x509', '-req', '-in', request, '-signkey', keyFile, '-days', `${days}`, '-copy_extensions', 'copyall', '-out', file],
    ]) {
      execFileSync('openssl', words, { stdio: 'ignore' });
    }
  } catch {
    return undefined;
  }
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(file, 'utf8'), file, keyFile };
}
