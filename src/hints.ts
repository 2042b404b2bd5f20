/** The account as its hints need it. */
interface LoginOf {
  readonly provider: 'edge' | 'runbeam';
  readonly server: string;
  readonly controlPlane?: string;
  readonly issuer?: string;
}

/** The command that logs in to an account again, as hints show it. */
export function loginCommand(account: LoginOf): string {
  if (account.provider === 'runbeam') return 'runbeam login';
  const { server, issuer } = account;
  return issuer !== undefined && isNamed(account, issuer) ? issuerCommand(server, issuer) : `beamd login --server ${server}`;
}

/** The command that logs in to a server through an issuer that its own discovery does not lead to. */
export function issuerCommand(server: string, issuer: string): string {
  return `beamd login --server ${server} --issuer ${inShell(issuer)}`;
}

/** Whether the issuer had to be named at login: it is not the root of the server, nor of the one that was asked. */
export function isNamed({ server, controlPlane = server }: Pick<LoginOf, 'server' | 'controlPlane'>, issuer: string): boolean {
  const own = [server, controlPlane].map((name) => (name.includes('://') ? name : `https://${name}`));
  return !own.includes(issuer.replace(/\/$/, ''));
}

/** A word as a shell reads it. */
function inShell(word: string): string {
  return /^[\w@%+=:,./~[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
