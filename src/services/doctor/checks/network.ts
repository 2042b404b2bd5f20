/** Which way requests take, and whom they trust: proxies that can be used, CA files that hold certificates. */
import { readFileSync, statSync } from 'node:fs';
import { networkSettings, variable, type Env } from '../../../environment.ts';
import { BeamError, systemCode } from '../../../errors.ts';
import { error, ok, warning, type Check, type Draft, type Subject } from '../report/finding.ts';
import { counted, host, own, path, say, trouble } from '../report/text.ts';

export const network: Check = {
  name: 'network',
  look: async ({ env }: Subject) => {
    // Most shells have none of these, and reading proxies and certificates loads much.
    const set = Object.values(networkSettings(env)).some((value) => (value ?? '') !== '');
    const found = set ? [...(await proxy(env)), ...(await certificates(env))] : [];
    return found.length > 0 ? found : [ok(say`No proxy and no CA of your own is set`)];
  },
};

/** Any host that is none of this machine, and that no list of exceptions names. */
const ANYWHERE = new URL('https://host.invalid/');

async function proxy(env: Env): Promise<Draft[]> {
  const { proxyFor } = await import('../../../net/proxy.ts');
  const none = { NO_PROXY: undefined, no_proxy: undefined };
  try {
    const found = proxyFor(ANYWHERE, { ...env, ...none });
    return found === undefined ? [] : [ok(say`Servers are reached through the proxy ${host(found.host)}`)];
  } catch (failure) {
    if (failure instanceof BeamError) return [error([trouble(failure)], failure.hint)];
    throw failure;
  }
}

async function certificates(env: Env): Promise<Draft[]> {
  const files = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'].flatMap((called) => {
    const file = variable(env, called);
    return file === undefined ? [] : [caFile(called, file)];
  });
  return [...(await Promise.all(files)), ...caFolder(variable(env, 'SSL_CERT_DIR'))];
}

async function caFile(called: string, file: string): Promise<Draft> {
  const unset = { text: `Set ${called} to a PEM file, or unset it` };
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (failure) {
    return error(say`${own(called)}: ${path(file)} cannot be read (${own(systemCode(failure) ?? 'unreadable')})`, unset);
  }
  const { certificatesIn } = await import('../../../net/trust.ts');
  const { X509Certificate } = process.getBuiltinModule('node:crypto');
  const found = certificatesIn(text);
  if (found.length === 0) return error(say`${own(called)}: ${path(file)} holds no certificate`, unset);
  const broken = found.filter((certificate) => !parses(() => new X509Certificate(certificate))).length;
  if (broken > 0) return error(say`${own(called)}: ${counted(broken, 'certificate')} in ${path(file)} cannot be read`, unset);
  return ok(say`${own(called)}: ${path(file)} holds ${counted(found.length, 'certificate')}`);
}

function parses(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

function caFolder(list: string | undefined): Draft[] {
  if (list === undefined) return [];
  const { delimiter } = process.getBuiltinModule('node:path');
  const missing = list.split(delimiter).filter((folder) => folder !== '' && !isFolder(folder));
  return missing.map((folder) =>
    warning(say`SSL_CERT_DIR: ${path(folder)} is no folder`, { text: 'Set SSL_CERT_DIR right, or unset it' }),
  );
}

function isFolder(folder: string): boolean {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
}
