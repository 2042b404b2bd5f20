/** `beamd login`: a device login where the server offers one, a static token where one is given. */
import { variable } from '../../environment.ts';
import { BeamError } from '../../errors.ts';
import { accountWords, issuerCommand } from '../../hints.ts';
import { parseAccountName } from '../../store/account-key.ts';
import { parseServer, type Server } from '../../store/server.ts';
import { handedOn } from '../target/handed-on.ts';
import { defaultHost } from '../target/candidates.ts';
import { settingsOf } from '../target/settings.ts';
import { nameForLogin, wantedName } from './account-name.ts';
import { deviceLogin, edgePlan } from './device.ts';
import { beginLogin, type BegunLogin } from './pending.ts';
import { caForLogin } from './own-ca.ts';
import { readToken, tokenLogin } from './static-token.ts';
import type { LoginContext, LoginInput, LoginResult } from './types.ts';

/**
 * Logs in and saves the account. Nothing is saved unless everything before went well. Throws `no_device_login`,
 * `access_denied`, `expired_token`, `token_rejected`, `unknown_scope`, `interrupted`, `network`, `storage` and their kin;
 * `usage` for a token or an issuer that comes without a word on whose it is, and where the project uses a server that was not
 * said; `bad_file` and its kin for a `.beamd` that cannot be read then, or a CA.
 */
export async function login(context: LoginContext, input: LoginInput): Promise<LoginResult> {
  const { server, name, ca } = await choosePlace(context, input);
  if (input.token !== undefined) {
    const token = await readToken(context, input.token);
    const { scope, insecure, replace = false } = input;
    return tokenLogin(context, { server, name, token, scope, insecure, ca, replace });
  }
  return deviceLogin(context, { ...input, server, name, ca });
}

/** Begins a login and does not wait. Throws as `login`, and `busy` where another process is at it for long. */
export async function beginDeviceLogin(context: LoginContext, input: LoginInput): Promise<BegunLogin> {
  const { server, name, ca } = await choosePlace(context, input);
  return beginLogin(context, edgePlan(context, { ...input, server, name, ca }));
}

/** For which server and under which name a login is, and which CA it trusts. Throws as `login`. */
async function choosePlace(context: PlaceContext, input: LoginInput) {
  const server = await chooseServer(context, input);
  const name = await nameForLogin(context, server, wantedName(context, input.account));
  if (variable(context.env, 'BEAMD_TOKEN') !== undefined && handedOn(context.env, context.accounts) === undefined) {
    context.warn('BEAMD_TOKEN is set and wins over this login', { command: 'unset BEAMD_TOKEN' });
  }
  return { server, name, ca: await caForLogin(context, input, { server, name }) };
}

type PlaceContext = Pick<LoginContext, 'accounts' | 'choose' | 'clock' | 'cwd' | 'env' | 'homes' | 'signal' | 'warn'>;

/**
 * Never from `.beamd`: a cloned repository must not choose whom a login talks to. Nor the default in its place, which commands
 * here would not use: the project's server is named, for the user to say.
 */
async function chooseServer(context: PlaceContext, input: LoginInput): Promise<Server> {
  const { env } = context;
  const said = input.server ?? variable(env, 'BEAMD_SERVER');
  if (said !== undefined) return parseServer(said);
  refuseUnsaid(input);
  const pinned = (await settingsOf(context).project())?.server;
  if (pinned === undefined) return parseServer(defaultHost(env));
  const { name: server } = parseServer(pinned);
  const name = input.account === undefined ? undefined : parseAccountName(input.account);
  throw new BeamError('usage', `This project uses ${server}`, {
    hint: { command: `beamd login ${accountWords({ server, name })}` },
  });
}

/** A default is no place to send a secret to that was given for some server or other, nor a login through an issuer. */
function refuseUnsaid({ token, issuer }: LoginInput): void {
  if (token === undefined && issuer === undefined) return;
  const what = token === undefined ? '--issuer' : '--token';
  const command =
    token === undefined
      ? issuerCommand({ server: 'HOST' }, issuer ?? '')
      : `beamd login --server HOST ${TOKEN_FLAGS[token.kind]}`;
  throw new BeamError('usage', `${what} needs --server: which server is it for?`, { hint: { command } });
}

const TOKEN_FLAGS = { literal: '--token -', stdin: '--token -', file: '--token-file FILE' } as const;
