/** Tokens that are given for one run, in place of the login: in a `--config` file, in `RUNBEAM_TOKEN`, in `RUNBEAM_MACHINE_TOKEN`. */
import { unverifiedIssuer } from '../../auth/jwt/format.ts';
import { rfc3339 } from '../../clock.ts';
import { variable, type Env } from '../../environment.ts';
import { BeamError, type Hint } from '../../errors.ts';
import type { ServerTrust } from '../../http.ts';
import { configuredApiUrl, parseApiUrl } from '../../runbeam/api-url.ts';
import { Secret } from '../../secret.ts';
import { parseServer } from '../../store/server.ts';
import { parseMachineToken } from '../../store/instances/machine-token.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { isToken, printable, shellWord } from '../../text.ts';
import type { Context } from '../context.ts';
import { readConfigFile } from '../target/settings.ts';

/** Where a token for one run comes from. */
export type GivenKind = 'config' | 'token' | 'machine-token';

/** A token for one run, and the one cloud that it is sent to. */
export interface GivenToken {
  readonly kind: GivenKind;
  /** What the user knows it by: the path of the file, or the variable. */
  readonly title: string;
  readonly token: Secret;
  /** Where an agent gives it: another one, once this has ended. */
  readonly fresh?: () => Promise<Secret>;
  /** As `parseApiUrl` gives it: the file's own server, else the configured cloud, whatever the token says of itself. */
  readonly apiUrl: string;
  readonly trust: ServerTrust;
  /** RFC 3339, where a machine token came with it. */
  readonly expiresAt?: string;
  /** What is to be done when it is refused. */
  readonly again: Hint;
}

type GivenContext = Pick<Context, 'agents' | 'clock' | 'env' | 'homes' | 'signal' | 'warn'>;

export const USER_TOKEN = 'RUNBEAM_TOKEN';
export const MACHINE_TOKEN = 'RUNBEAM_MACHINE_TOKEN';

/** Far more than any token has: a variable of another use is not sent. */
const LONGEST = 16 * 1024;

/**
 * The token of a `--config` file, or of the agent that it names, for the cloud that it names. Throws as `readAppConfig` and
 * `configGrant`, `bad_server`, `insecure_transport`.
 */
export async function configToken(context: GivenContext, file: string): Promise<GivenToken> {
  const appConfig = await readConfigFile(context, file, 'a token');
  const { path, key, server, insecureSkipVerify, caFile } = appConfig;
  const apiUrl = cloudOf(appConfig.server, path);
  const trust = omitUndefined({ path, server, insecureSkipVerify, caFile });
  const base = { kind: 'config', title: printable(path, 1_024), apiUrl, trust } as const;
  if ('token' in key) return { ...base, token: key.token, again: { text: `Put a token that is good there into ${path}` } };
  const { configGrant } = await import('../target/config-grant.ts');
  const target = { server: parseServer(new URL(apiUrl).origin), appConfig };
  const fresh = async (): Promise<Secret> => (await configGrant(context, target)).accessToken;
  return { ...base, token: await fresh(), fresh, again: { command: 'runbeam login' } };
}

/** A host alone is reached over https, as everywhere else. The text is not repeated: it may hold a password. */
function cloudOf(server: string, path: string): string {
  try {
    return parseApiUrl(/^\w+:\/\//.test(server.trim()) ? server : `https://${server.trim()}`);
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    const hint = { text: `Correct ${path}: \`server: https://api.runbeam.io\`, or another cloud` };
    throw new BeamError(error.code, `${path} has a \`server\` that cannot be used: ${error.message}`, { hint, cause: error });
  }
}

/** The token of `RUNBEAM_TOKEN`; undefined where it is not set. Throws `usage` for what is no user's token. */
export function userToken(context: GivenContext): GivenToken | undefined {
  const text = given(context.env, USER_TOKEN);
  if (text === undefined) return undefined;
  if (text.startsWith('{')) {
    throw new BeamError('usage', `${USER_TOKEN} holds a machine token, which acts for a gateway`, {
      hint: { text: `Put it into ${MACHINE_TOKEN}` },
    });
  }
  const again = { text: `Put a token that is good there into ${USER_TOKEN}, or unset it to use your login` };
  return { kind: 'token', title: USER_TOKEN, token: checked(text, USER_TOKEN), ...configuredCloud(context), again };
}

/**
 * The token of `RUNBEAM_MACHINE_TOKEN`, as JSON of any age or alone; undefined where it is not set. Throws `usage`, `bad_file`
 * for JSON that is none of a machine token, and `expired_token`.
 */
export function gatewayToken(context: GivenContext): GivenToken | undefined {
  const text = given(context.env, MACHINE_TOKEN);
  if (text === undefined) return undefined;
  const cloud = configuredCloud(context);
  if (!text.startsWith('{')) {
    return {
      kind: 'machine-token',
      title: MACHINE_TOKEN,
      token: checked(text, MACHINE_TOKEN),
      ...cloud,
      again: newMachineToken(),
    };
  }
  const { machineToken, expiresAt, gatewayCode, gatewayId } = parseMachineToken(text, MACHINE_TOKEN);
  const again = newMachineToken(gatewayCode ?? gatewayId);
  const end = Date.parse(expiresAt);
  if (end <= context.clock.now()) {
    throw new BeamError('expired_token', `The machine token in ${MACHINE_TOKEN} expired at ${rfc3339(end / 1000)}`, {
      hint: again,
      at: end / 1000,
    });
  }
  const token = checked(machineToken.reveal(), MACHINE_TOKEN);
  return { kind: 'machine-token', title: MACHINE_TOKEN, token, ...cloud, expiresAt, again };
}

/** The command that makes a machine token and puts it where gateways and `runbeam` look for it. */
export function newMachineToken(gateway?: string): Hint {
  const code = gateway === undefined ? 'CODE' : shellWord(printable(gateway, 80));
  return { command: `export ${MACHINE_TOKEN}=$(runbeam token:get -g ${code} --raw)` };
}

/** What to throw where the cloud refuses a given token. One that names another issuer may only have gone to the wrong place. */
export function refusal({ title, token, apiUrl, again }: GivenToken): BeamError {
  const { origin, host } = new URL(apiUrl);
  const issuer = unverifiedIssuer(token.reveal()) ?? '';
  const named = URL.canParse(issuer) ? new URL(issuer).origin : origin;
  const elsewhere = named === origin ? '' : `; it names another issuer, ${printable(named, 120)}`;
  return new BeamError('token_rejected', `${host} rejected the token of ${title}${elsewhere}`, { status: 401, hint: again });
}

/** A variable that holds nothing but blanks is one that is not set: a file that was empty gives such. */
function given(env: Env, name: string): string | undefined {
  const text = variable(env, name)?.trim();
  return text === '' ? undefined : text;
}

function checked(text: string, name: string): Secret {
  if (isToken(text) && text.length <= LONGEST) return new Secret(text);
  throw new BeamError('usage', `${name} holds a space, a line break or another character that no token has, or too much`, {
    hint: { command: `unset ${name}` },
  });
}

function configuredCloud({ homes, env }: GivenContext): Pick<GivenToken, 'apiUrl' | 'trust'> {
  return { apiUrl: configuredApiUrl(homes, env).url, trust: {} };
}
