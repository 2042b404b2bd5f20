/** `beamd login`: a device login where the server offers one, a static token where one is given. */
import { parseServer } from '../../store/server.ts';
import type { Server } from '../../store/server.ts';
import type { Context } from '../context.ts';
import { deviceLogin } from './device.ts';
import { readToken, tokenLogin } from './static-token.ts';
import type { LoginInput, LoginResult, LoginScreen } from './types.ts';

const DEFAULT_HOST = 'beamd.run';

/**
 * Logs in and saves the account. Nothing is saved unless everything before went well. Throws `no_device_login`,
 * `access_denied`, `expired_token`, `token_rejected`, `unknown_scope`, `interrupted`, `network`, `storage` and their kin.
 */
export async function login(input: LoginInput, context: Context, screen: LoginScreen): Promise<LoginResult> {
  const server = chooseServer(input, context);
  if (context.env['BEAMD_TOKEN']) {
    context.notify('Warning: BEAMD_TOKEN is set; it wins over this login until you unset it');
  }
  if (input.token !== undefined) {
    const token = await readToken(input.token, context);
    return tokenLogin({ server, token, scope: input.scope, insecure: input.insecure }, context);
  }
  return deviceLogin(input, server, context, screen);
}

/** Never from `.beamd`: a cloned repository must not choose whom a login talks to. */
function chooseServer(input: LoginInput, { env }: Context): Server {
  const candidates = [env['BEAMD_SERVER'], env['BEAMD_DEFAULT_HOST']];
  return parseServer(input.server ?? candidates.find((name) => name !== undefined && name !== '') ?? DEFAULT_HOST);
}
