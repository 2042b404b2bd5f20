/** A CA of one's own, as it is typed: a PEM file, of which the certificates alone are kept as text. */
import { rfc3339 } from '../clock.ts';
import { BeamError, type Hint } from '../errors.ts';
import { printable } from '../text.ts';
import type { Context } from './context.ts';

/** Bytes of certificates that are kept: those of a company are two or three, and an account file holds more than them. */
const MOST = 32 * 1024;

const PEM: Hint = { text: 'A PEM file has lines that say BEGIN CERTIFICATE' };

/**
 * The certificates of a PEM file, without what else is in it and without a line break at the end. Throws `not_found`, and `bad_file`
 * for one that cannot be read, holds a private key, no certificate, one that is none, or too many, or none that is still valid.
 */
export async function readCaFile({ signal, clock }: Pick<Context, 'signal' | 'clock'>, path: string): Promise<string> {
  const [{ readGivenFile }, { certificatesIn }] = await Promise.all([
    import('../store/files/named-file.ts'),
    import('../net/trust.ts'),
  ]);
  const file = printable(path, 1_000);
  const fail = (what: string, hint: Hint, at?: number): BeamError => new BeamError('bad_file', `${file} ${what}`, { hint, at });
  const text = await readGivenFile(path, signal);
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/u.test(text)) {
    throw fail('holds a private key, which is not for a list of CAs', { text: 'Give a file with the certificates alone' });
  }
  const certificates = certificatesIn(text);
  if (certificates.length === 0) throw fail('holds no certificate in PEM form', PEM);
  const kept = certificates.join('\n').replaceAll('\r', '');
  if (kept.length > MOST) {
    throw fail(`holds more than ${MOST / 1024} KiB of certificates`, { text: 'Give those of your CA alone' });
  }
  const ends = certificates.map(endOf);
  const broken = ends.indexOf(undefined) + 1;
  if (broken > 0) throw fail(`holds a certificate that cannot be read, the ${ORDINALS[broken] ?? `${broken}th`}`, PEM);
  const last = Math.max(...ends.map((end) => end ?? 0));
  if (last <= clock.now()) {
    const at = last / 1000;
    throw fail(
      `holds no certificate that is still valid: it ended at ${rfc3339(at)}`,
      { text: 'Give the CA that came after it' },
      at,
    );
  }
  return kept;
}

const ORDINALS: Readonly<Record<number, string>> = { 1: 'first', 2: 'second', 3: 'third' };

/** When the last of the certificates in a text ends, unix seconds. */
export async function caEnd(pem: string): Promise<number> {
  const { certificatesIn } = await import('../net/trust.ts');
  return Math.max(...certificatesIn(pem).map((one) => endOf(one) ?? 0)) / 1000;
}

/** When a certificate ends, in milliseconds since 1970; undefined for what is none. */
function endOf(pem: string): number | undefined {
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}
