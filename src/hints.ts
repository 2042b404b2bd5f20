/** The command that logs in to an account again, as hints show it. */
export function loginCommand(account: { readonly provider: 'edge' | 'runbeam'; readonly server: string }): string {
  return account.provider === 'runbeam' ? 'runbeam login' : `beamd login --server ${account.server}`;
}
