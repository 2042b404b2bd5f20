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
  const names = new Set<string>([...FOR_BACKGROUND, ...VARIABLES.flatMap((one) => one.names), 'NODE_OPTIONS', 'BUN_OPTIONS']);
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

/** What users can set, in the words of help, man pages and guides. Backticks enclose what is typed. */
export interface VariableWords {
  readonly names: readonly string[];
  readonly about: string;
  /** The program that reads it; absent: both. */
  readonly of?: 'beamd' | 'runbeam';
}

export const VARIABLES: readonly VariableWords[] = [
  { names: ['BEAMD_SERVER'], about: 'the edge that commands act on, before `.beamd` and the current one', of: 'beamd' },
  { names: ['BEAMD_ACCOUNT'], about: 'which login, where there are several on that edge', of: 'beamd' },
  {
    names: ['BEAMD_SCOPE'],
    about: 'the org to act for, before `.beamd` and the default one; an API key has its own',
    of: 'beamd',
  },
  { names: ['BEAMD_TOKEN'], about: 'an API key or another token to use in place of a login, for `BEAMD_SERVER`', of: 'beamd' },
  {
    names: ['BEAMD_TOKEN_OF', 'BEAMD_TOKEN_EXPIRES_AT'],
    about:
      'set by `exec` and `token --export`: of which login `BEAMD_TOKEN` is, so that commands get a fresh one, and when it ends',
    of: 'beamd',
  },
  {
    names: ['BEAMD_TOKEN_URL', 'BEAMD_TOKEN_AUTH'],
    about: 'set by `exec --serve`: where what it runs gets fresh tokens over HTTP, and the bearer that it shows there',
    of: 'beamd',
  },
  {
    names: ['BEAMD_DEFAULT_HOST'],
    about: 'whom a bare `beamd login` asks, instead of `beamd.ai`, where no project uses a server',
    of: 'beamd',
  },
  {
    names: ['BEAMD_HOME', 'RUNBEAM_HOME'],
    about: 'other folders than `~/.beamd` and `~/.runbeam`; absolute; they stand in for a missing `HOME`',
  },
  {
    names: ['BEAMD_ENCRYPTION_KEY'],
    about: 'age key of the account files; raw, base64, or base64 of what `age-keygen` prints',
  },
  { names: ['RUNBEAM_ENCRYPTION_KEY'], about: 'age key of gateways, in the same shapes', of: 'runbeam' },
  { names: ['BEAMD_STORAGE'], about: '`auto`, `keyring` or `age`: what `login --storage` is when it is not given' },
  {
    names: ['BEAMD_BROWSER', 'BROWSER'],
    about: 'command that opens a URL, `%s` in it stands for the URL; `none` opens nothing',
  },
  { names: ['BEAMD_PAGER', 'PAGER'], about: 'command that shows a long list (default `less`); empty or `cat`: none' },
  { names: ['BEAMD_NO_AGENT=1'], about: "do an agent's work in the command itself" },
  {
    names: ['BEAMD_AGENT_SOCK'],
    about: 'the socket of an agent that gives the token, where nothing names another server or account (`beamd agent env`)',
    of: 'beamd',
  },
  { names: ['BEAMD_AGENT_IDLE'], about: 'seconds after which an idle agent ends (default 43200)' },
  {
    names: ['RUNBEAM_TOKEN'],
    about: 'a user token (JWT or Sanctum) to act with in place of the login; it goes to the configured Runbeam Cloud',
    of: 'runbeam',
  },
  {
    names: ['RUNBEAM_MACHINE_TOKEN'],
    about: "a gateway's machine token, JSON or alone, for what a gateway may do",
    of: 'runbeam',
  },
  {
    names: ['RUNBEAM_API_URL'],
    about: "Runbeam Cloud's address, before that of `runbeam config:set api-url`",
    of: 'runbeam',
  },
  {
    names: ['RUNBEAM_JWKS_TTL', 'RUNBEAM_JWT_SECRET'],
    about: 'how long keys are used, seconds; verify HS256 tokens with this secret',
    of: 'runbeam',
  },
  {
    names: ['HTTPS_PROXY', 'ALL_PROXY'],
    about: 'proxy for https, `http://` or `https://`; one that cannot be used is an error, never a direct connection',
  },
  {
    names: ['NO_PROXY'],
    about: 'hosts that are reached directly: names with their subdomains, addresses, ranges (`10.0.0.0/8`), `*`',
  },
  {
    names: ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
    about: 'further certificates to trust, beside those that Node has',
  },
  { names: ['BEAMD_DEBUG=1'], about: 'after an error, where in the program it came from; never what a library said' },
  { names: ['NO_COLOR', 'TERM=dumb', 'CI'], about: 'no colours' },
  { names: ['FORCE_COLOR'], about: 'colours elsewhere than on a terminal, too; `0`: none' },
  { names: ['COLUMNS'], about: 'how wide help is, 40 to 200; else as wide as the terminal' },
  {
    names: ['LC_ALL', 'LC_CTYPE', 'LANG'],
    about: 'the first that is set, if it is not of UTF-8: marks in ASCII (`+`, `!`, `x`)',
  },
  { names: ['TZ'], about: 'the time zone of times in texts; those of `--json` are in UTC' },
];
