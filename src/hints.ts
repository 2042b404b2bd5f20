/** The account that a command in a hint is for: the words that name it, and how a sentence does. */

/** What is needed to name an account. */
interface Named {
  readonly server: string;
  /** Absent: the one without a name. */
  readonly name?: string | undefined;
}

/** `--server edge.example.com --account work`. */
export function accountWords({ server, name }: Named): string {
  return name === undefined ? `--server ${server}` : `--server ${server} --account ${name}`;
}

/** `edge.example.com (account work)`. */
export function accountTitle({ server, name }: Named): string {
  return name === undefined ? server : `${server} (account ${name})`;
}

/** The command that logs in to an account again, as hints show it. */
export function loginCommand(account: Named & { readonly provider: 'edge' | 'runbeam' }): string {
  return account.provider === 'runbeam' ? 'runbeam login' : `beamd login ${accountWords(account)}`;
}
