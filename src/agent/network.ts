import { networkInterfaces } from 'node:os';

/** Names the network this machine is on, by its addresses. */
export function currentNetwork(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return addresses.sort().join(' ');
}
