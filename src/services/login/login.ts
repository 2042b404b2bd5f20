/** `beamd login`: a device login where the server offers one, a static token where one is given. */
import { parseServer, type Server } from '../../store/server.ts';
import { nameForLogin, wantedName } from './account-name.ts';
import { deviceLogin } from './device.ts';
import { readToken, tokenLogin } from './static-token.ts';
import type { LoginContext, LoginInput, LoginResult } from './types.ts';

const DEFAULT_HOST = 'beamd.run';

/**
 * Logs in and saves the account. Nothing is saved unless everything before went well. Throws `no_device_login`,
 * `access_denied`, `expired_token`, `token_rejected`, `unknown_scope`, `interrupted`, `network`, `storage` and their kin.
 */
export async function login(context: LoginContext, input: LoginInput): Promise<LoginResult> {
  const server = chooseServer(context, input);
  const name = await nameForLogin(context, server, wantedName(context, input.account));
  if (context.env['BEAMD_TOKEN']) {
    context.notify('Warning: BEAMD_TOKEN is set; it wins over this login until you unset it');
  }
  if (input.token !== undefined) {
    const token = await readToken(context, input.token);
    return tokenLogin(context, { server, name, token, scope: input.scope, insecure: input.insecure });
  }
  return deviceLogin(context, { ...input, server, name });
}

/** Never from `.beamd`: a cloned repository must not choose whom a login talks to. */
function chooseServer({ env }: Pick<LoginContext, 'env'>, input: LoginInput): Server {
  const candidates = [env['BEAMD_SERVER'], env['BEAMD_DEFAULT_HOST']];
  return parseServer(input.server ?? candidates.find((name) => name !== undefined && name !== '') ?? DEFAULT_HOST);
}
