import type { Env } from '../environment.ts';
import type { Http, ServerTrust } from '../http.ts';
import { omitUndefined } from '../omit-undefined.ts';

/**
 * The client for the servers of one account: it trusts what the account says, and takes the proxy of `env`. What an
 * account's trust consists of is known here alone. The client is loaded at the first request, since most commands and an
 * agent's first token make none. Throws as `createHttp`.
 *
 * @param account - an account, a `--config` file, or what a login was told; nothing else of it is read
 */
export function httpFor(account: ServerTrust, env: Env): Http {
  const { insecureSkipVerify, caFile, ca, plaintext } = account;
  let made: Promise<Http> | undefined;
  return async (request) => {
    const options = omitUndefined({ env, insecureSkipVerify, caFile, ca, plaintext });
    made ??= import('./http-client.ts').then(({ createHttp }) => createHttp(options));
    return (await made)(request);
  };
}
