/** Servers whose certificates nobody looks at: that is said in every run that asks one, itself or through an agent. */
import type { Agents } from '../agent/client/agents.ts';
import type { Warn } from '../errors.ts';
import { caCommand } from '../hints.ts';
import type { Http, ServerTrust } from '../http.ts';

/** Says it, once for each host and run. */
export interface InsecureWarning {
  /** The client, warning at the first request to a host that may show any certificate. */
  http(http: Http, account: ServerTrust): Http;
  /** The agents, warning where one of such an account is opened: it asks the same servers in the same way. */
  agents(agents: Agents): Agents;
}

/** @param warn - as `Context.warn` */
export function createInsecureWarning(warn: Warn): InsecureWarning {
  const said = new Set<string>();
  const say = (host: string, account: ServerTrust): void => {
    if (said.has(host)) return;
    said.add(host);
    warn(`The certificate of ${host} is not checked: whoever is on the way there can read and change all`, hintOf(account));
  };
  return {
    http: (http, account) => {
      if (account.insecureSkipVerify !== true) return http;
      return async (request) => {
        const { insecureHosts } = await import('../net/trust.ts');
        const { protocol, hostname, host } = new URL(request.url);
        if (protocol === 'https:' && insecureHosts(account).includes(hostname)) say(host, account);
        return http(request);
      };
    },
    agents: (agents) => ({
      ...agents,
      open: (account) => {
        const { insecureSkipVerify, server = '' } = account;
        if (insecureSkipVerify === true && !server.startsWith('http:')) say(server, account);
        return agents.open(account);
      },
    }),
  };
}

function hintOf({ server, provider, path, ...rest }: ServerTrust) {
  if (path !== undefined) return { text: 'A config file can name a CA in place of `insecure_skip_verify`: `ca_file: FILE`' };
  return server === undefined || provider === undefined ? undefined : { command: caCommand({ ...rest, server, provider }) };
}
