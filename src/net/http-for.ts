import type { Env } from '../environment.ts';
import type { Hint } from '../errors.ts';
import { caCommand } from '../hints.ts';
import type { Http, ServerTrust } from '../http.ts';
import { omitUndefined } from '../omit-undefined.ts';
import { shellWord } from '../text.ts';

/**
 * The client for the servers of one account: it trusts what the account says, and takes the proxy of `env`. What an
 * account's trust consists of is known here alone. The client is loaded at the first request, since most commands and an
 * agent's first token make none: until then a CA is text that nobody looks at. Throws as `createHttp`.
 *
 * @param account - an account, a `--config` file, or what a login was told; nothing else of it is read
 */
export function httpFor(account: ServerTrust, env: Env): Http {
  const { caFile, ca, plaintext } = account;
  let made: Promise<Http> | undefined;
  return async (request) => {
    made ??= load();
    return (await made)(request);
  };

  async function load(): Promise<Http> {
    const [{ createHttp }, { insecureHosts }] = await Promise.all([import('./http-client.ts'), import('./trust.ts')]);
    const hint = hintOf(account);
    const untrusted = hint && { hint, hasCa: ca !== undefined || caFile !== undefined };
    return createHttp(omitUndefined({ env, caFile, ca, plaintext, untrusted, insecureHosts: insecureHosts(account) }));
  }
}

function hintOf({ server, provider, path, ...rest }: ServerTrust): Hint | undefined {
  if (path !== undefined) return { text: `Put the file of its CA into ${shellWord(path)}: \`ca_file: FILE\`` };
  return server === undefined || provider === undefined ? undefined : { command: caCommand({ ...rest, server, provider }) };
}
