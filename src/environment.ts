/** Environment variables: those of this process, passed in, and what a background process gets of them. */

/** As `process.env` has them. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What an environment sets: a variable that is empty is one that is not there. */
export function variable(env: Env, name: string): string | undefined {
  const value = env[name];
  return value === '' ? undefined : value;
}

/** How the OS keyring is found, and where it asks. */
const FOR_DESKTOP = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY'] as const;

/** What finding the OS keyring takes, and starting a process at all. Nothing here is secret. */
const FOR_KEYRING = [
  'HOME',
  'USER',
  'LOGNAME',
  'PATH',
  'TMPDIR',
  ...FOR_DESKTOP,
  // Windows needs these to start any process at all.
  'SystemRoot',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'TEMP',
] as const;

/** Which way requests take, and whom they trust. */
const FOR_NETWORK = [
  'HTTPS_PROXY',
  'https_proxy',
  'HTTP_PROXY',
  'http_proxy',
  'ALL_PROXY',
  'all_proxy',
  'NO_PROXY',
  'no_proxy',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const;

/**
 * What an agent and its workers inherit. Everything else stays behind: NODE_OPTIONS and the like change what runs,
 * NODE_DEBUG=http prints bearer tokens, and a secret in an environment can be read from /proc for as long as the process
 * lives. Keys travel on standard input.
 */
const FOR_BACKGROUND = [
  ...FOR_KEYRING,
  'LANG',
  'LC_ALL',
  'TZ',
  'BEAMD_HOME',
  'RUNBEAM_HOME',
  'BEAMD_AGENT_IDLE',
  'RUNBEAM_JWKS_TTL',
  ...FOR_NETWORK,
] as const;

/** What else is read of an environment and changes what happens. */
const READ_BY_COMMANDS = [
  'BEAMD_SERVER',
  'BEAMD_ACCOUNT',
  'BEAMD_SCOPE',
  'BEAMD_TOKEN',
  'BEAMD_DEFAULT_HOST',
  'BEAMD_ENCRYPTION_KEY',
  'BEAMD_STORAGE',
  'BEAMD_BROWSER',
  'BROWSER',
  'BEAMD_NO_AGENT',
  'BEAMD_DEBUG',
  'RUNBEAM_ENCRYPTION_KEY',
  'RUNBEAM_API_URL',
  'RUNBEAM_JWT_SECRET',
  'NO_COLOR',
  'FORCE_COLOR',
  'CI',
  'COLUMNS',
  'NODE_OPTIONS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'BUN_OPTIONS',
] as const;

function only(names: readonly string[], env: Env): Record<string, string | undefined> {
  // Node adds this one to what a child is given, unless it is named.
  const allowed: Record<string, string | undefined> = { NODE_V8_COVERAGE: undefined };
  for (const name of names) {
    const value = env[name];
    if (value !== undefined) allowed[name] = value;
  }
  return allowed;
}

/** The settings that decide which way requests take and whom they trust. */
export function networkSettings(env: Env): Record<string, string | undefined> {
  return only(FOR_NETWORK, env);
}

/** The settings that decide which keyring is found, and whether it can ask its user. */
export function desktopSettings(env: Env): Record<string, string | undefined> {
  return only(FOR_DESKTOP, env);
}

/** Which variables that this program reads are set, by their names alone: a value may be a secret. */
export function namesOfSet(env: Env): string[] {
  const names = new Set([...FOR_BACKGROUND, ...READ_BY_COMMANDS]);
  return [...names].filter((name) => variable(env, name) !== undefined).sort();
}

/** The part of an environment that agents and workers may have. */
export function backgroundEnvironment(env: Env): Record<string, string | undefined> {
  return only(FOR_BACKGROUND, env);
}

/** The part of an environment that the keyring's process may have. */
export function keyringEnvironment(env: Env): Record<string, string | undefined> {
  return only(FOR_KEYRING, env);
}

/** The keys that a command's environment may hold, as a background process gets them on standard input. */
export interface Keys {
  readonly encryptionKey?: string;
}

export function keysOf(env: Env): Keys {
  const key = env['BEAMD_ENCRYPTION_KEY'];
  return key === undefined ? {} : { encryptionKey: key };
}

/** An environment as if it held these keys. */
export function withKeys(env: Env, { encryptionKey }: Keys): Env {
  return encryptionKey === undefined ? env : { ...env, BEAMD_ENCRYPTION_KEY: encryptionKey };
}
