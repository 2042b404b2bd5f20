/** Where everything is kept. The only file that knows names of folders and files. */
import { homedir } from 'node:os';
import { basename, isAbsolute, join, normalize } from 'node:path';
import { BeamError } from '../errors.ts';
import { printable } from '../text.ts';
import type { Clock } from '../clock.ts';
import type { Env } from '../environment.ts';
import { isAccountKey } from './account-key.ts';

/** The folders everything else is found from. All absolute. */
export interface Homes {
  /** The user's home folder: where the search for `.beamd` stops. Empty where there is none, as in a container. */
  readonly user: string;
  /** `~/.beamd`, or `BEAMD_HOME`. This and the next throw `bad_config` when they are looked at and cannot be told. */
  readonly beamd: string;
  /** `~/.runbeam`, or `RUNBEAM_HOME`. */
  readonly runbeam: string;
  /** The user's folder for sockets and the like, if the system gives one (`XDG_RUNTIME_DIR`). */
  readonly runtime?: string;
}

/** What everything that writes needs: where, and a clock for its lock and for what killed writers left. */
export interface StoreDeps {
  readonly homes: Homes;
  readonly clock: Clock;
}

const FOLDER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/u;
/** What else is in `~/.runbeam`, ours and the Rust CLI's; the names of ours that begin with a dot are no ids anyway. */
const RESERVED_IDS: readonly string[] = ['config.json', 'harmony.json', 'auth.json', 'runbeam', 'runbeam-cli'];

function notAbsolute(name: string): BeamError {
  return new BeamError('bad_config', `${name} is not an absolute path`, { hint: { text: `Set ${name} to an absolute path` } });
}

function noHome(name: string): BeamError {
  return new BeamError('bad_config', 'There is no home folder: HOME is not set', { hint: { text: `Set HOME or ${name}` } });
}

function folderFrom(env: Env, name: string, userHome: string, folder: string): string {
  const value = env[name];
  if (value === undefined || value === '') {
    if (userHome === '') throw noHome(name);
    // A relative HOME would make it a folder of wherever the command runs: of a cloned repository.
    if (!isAbsolute(userHome)) throw notAbsolute('HOME');
    return join(userHome, folder);
  }
  if (!isAbsolute(value) || value.includes('\0')) throw notAbsolute(name);
  // Also drops a trailing separator, which would make lstat follow a symlink.
  return join(normalize(value), '.').replace(/(?<=.)[/\\]+$/u, '');
}

/**
 * The folders of this user, whose home folder is `userHome` (empty: none). What is wrong with BEAMD_HOME, RUNBEAM_HOME or HOME
 * is said when the folder is needed: a command that needs none works without.
 */
export function resolveHomes(env: Env, userHome: string): Homes {
  const runtime = env['XDG_RUNTIME_DIR'] ?? '';
  return {
    user: userHome,
    get beamd() {
      return folderFrom(env, 'BEAMD_HOME', userHome, '.beamd');
    },
    get runbeam() {
      return folderFrom(env, 'RUNBEAM_HOME', userHome, '.runbeam');
    },
    ...(isAbsolute(runtime) && !runtime.includes('\0') ? { runtime } : {}),
  };
}

/** The home folder of this process's user. Empty where HOME is not set and the system knows no such user. */
export function userHome(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

function checkedKey(key: string): string {
  if (isAccountKey(key)) return key;
  throw new BeamError('bad_server', `${printable(key)} is not the name of an account`, { hint: { command: 'beamd accounts' } });
}

/** Whether the text can be the id of an instance, and so the name of its folder. On some systems case makes no difference. */
export function isInstanceId(id: string): boolean {
  return FOLDER_ID.test(id) && !RESERVED_IDS.includes(id.toLowerCase());
}

function checkedId(id: string): string {
  if (isInstanceId(id)) return id;
  const message = `${printable(id)} is not the id of an instance`;
  throw new BeamError('not_found', message, { hint: { command: 'runbeam harmony:list' } });
}

const LOGIN_ID = /^[0-9a-f]{16}$/u;

/** The id of a pending login that has this file name; undefined for any other name. */
export function loginIdOf(file: string): string | undefined {
  const id = file.replace(/\.json$/u, '');
  return id !== file && LOGIN_ID.test(id) ? id : undefined;
}

function checkedLoginId(id: string): string {
  if (LOGIN_ID.test(id)) return id;
  throw new BeamError('usage', `${printable(id)} is not the id of a login`, { hint: { command: 'beamd login --no-wait' } });
}

/** The current server and other settings of `beamd`. */
export const configFile = (homes: Homes): string => join(homes.beamd, 'config');
/** Account files, one for each login. */
export const accountsFolder = (homes: Homes): string => join(homes.beamd, 'accounts');
/** Throws `bad_server` for a key that no server has: it would name a file elsewhere. */
export const accountFile = (homes: Homes, key: string): string => join(accountsFolder(homes), `${checkedKey(key)}.yaml`);
/** Sockets, records and logs of agents. */
export const agentsFolder = (homes: Homes): string => join(homes.beamd, 'agents');
/** What the agent of an account did. Throws `bad_server` as `accountFile`. */
export const agentLog = (homes: Homes, key: string): string => join(agentsFolder(homes), `${checkedKey(key)}.log`);
/** Its time is when the account was last used. Throws `bad_server` as `accountFile`. */
export const lastUseFile = (homes: Homes, key: string): string => join(agentsFolder(homes), `${checkedKey(key)}.used`);
/** In which folder the sockets of an account are, where its own path would be too long for one. Throws `bad_server` as `accountFile`. */
export const agentPlace = (homes: Homes, key: string): string => join(agentsFolder(homes), `${checkedKey(key)}.at`);
/** The locks of accounts, instances and the configuration. */
export const locksFolder = (homes: Homes): string => join(homes.beamd, 'locks');
/** Held by whoever may spend the session of an account, and needs a server for it. Locks are folders (`files/file-lock.ts`). Throws `bad_server` as `accountFile`. */
export const accountLock = (homes: Homes, key: string): string => join(locksFolder(homes), `account-${checkedKey(key)}`);
/** Held for a moment by whoever changes the account file, and never while a server is asked. Throws `bad_server` as `accountFile`. */
export const accountFileLock = (homes: Homes, key: string): string => join(locksFolder(homes), `file-${checkedKey(key)}`);
/** Logins that are under way. */
export const pendingLoginsFolder = (homes: Homes): string => join(homes.beamd, 'logins');
/** One of them. Throws `usage` for what is no id: it would name a file elsewhere. */
export const pendingLoginFile = (homes: Homes, id: string): string =>
  join(pendingLoginsFolder(homes), `${checkedLoginId(id)}.json`);
/** Guards that folder, for a moment. */
export const loginsLock = (homes: Homes): string => join(locksFolder(homes), 'logins');
/** Held by whoever waits for the approval of a login of this mark (`accounts/pending-login.ts`), until it is saved. */
export const loginLock = (homes: Homes, mark: string): string => join(locksFolder(homes), `login-${checkedLoginId(mark)}`);
/** Guards `configFile`. */
export const configLock = (homes: Homes): string => join(locksFolder(homes), 'config');
/** Held while the settings of another program are changed. */
export const setupLock = (homes: Homes): string => join(locksFolder(homes), 'setup');
/** The key that account files are encrypted with, unless BEAMD_ENCRYPTION_KEY is set. */
export const encryptionKeyFile = (homes: Homes): string => join(homes.beamd, 'encryption.key');
/**
 * Whose key an entry of the OS keyring is: an account, which in a home folder other than the usual one is another. Throws
 * `bad_server` as `accountFile`.
 */
export const keyringUser = (homes: Homes, key: string): string =>
  homes.beamd === join(homes.user, '.beamd') ? checkedKey(key) : `${checkedKey(key)} in ${homes.beamd}`;
/** As `keyringUser`, of an instance: no account has a name like this. Throws `not_found` as `instanceFolder`. */
export const instanceKeyringUser = (homes: Homes, id: string): string => {
  const folder = instanceFolder(homes, id);
  return homes.runbeam === join(homes.user, '.runbeam') ? `gateway ${basename(folder)}` : `gateway in ${folder}`;
};

/** Settings of `runbeam`, shared with the Rust CLI. */
export const runbeamConfigFile = (homes: Homes): string => join(homes.runbeam, 'config.json');
/** The Harmony gateways that were added, shared with the Rust CLI. */
export const instancesFile = (homes: Homes): string => join(homes.runbeam, 'harmony.json');
/** Guards both files of `~/.runbeam` that are read, changed and written. */
export const runbeamLock = (homes: Homes): string => join(homes.runbeam, '.lock');
/** What was asked for, issued and delivered of machine tokens: no token. */
export const ledgerFile = (homes: Homes): string => join(homes.runbeam, 'machine-tokens.jsonl');
/** Of whoever writes the ledger. */
export const ledgerLock = (homes: Homes): string => join(homes.runbeam, '.machine-tokens.lock');
/** What a run over many gateways set out to do, until it is done. */
export const fleetRunFile = (homes: Homes): string => join(homes.runbeam, '.fleet-run.json');
/** Held by such a run. */
export const fleetLock = (homes: Homes): string => join(homes.runbeam, '.fleet.lock');
/** Throws `not_found` for an id that would name a folder elsewhere. */
export const instanceFolder = (homes: Homes, id: string): string => join(homes.runbeam, checkedId(id));
/** Where the Rust CLI keeps its own login: no instance's folder. */
export const rustCliFolder = (homes: Homes): string => join(homes.runbeam, 'runbeam-cli');
/** Where the first versions of it kept one. */
export const rustCliPlainFile = (homes: Homes): string => join(homes.runbeam, 'auth.json');
/** Says that the login of the Rust CLI is not to be imported (again). */
export const earlierLoginSeen = (homes: Homes): string => join(homes.runbeam, '.earlier-login-seen');
/** The keys that clouds publish, kept for a while. */
export const keySetsFolder = (homes: Homes): string => join(homes.runbeam, '.key-sets');
/** Those of one cloud. Throws `bad_server` for a key that no server has. */
export const keySetFile = (homes: Homes, key: string): string => join(keySetsFolder(homes), `${checkedKey(key)}.json`);
/** The age key of an instance, shared with the gateway. Throws `not_found` as `instanceFolder`. */
export const instanceKeyFile = (homes: Homes, id: string): string => join(instanceFolder(homes, id), 'encryption.key');
/** Says which key was given to an instance, in contrast to one that was made here. Throws `not_found` as `instanceFolder`. */
export const configuredKeyFile = (homes: Homes, id: string): string => join(instanceFolder(homes, id), 'configured-key.json');
/** How an instance may be spoken to, and what was seen of it. Throws `not_found` as `instanceFolder`. */
export const instanceSettingsFile = (homes: Homes, id: string): string => join(instanceFolder(homes, id), 'settings.json');
/** Its key, sealed to what the OS keyring holds for it. Throws `not_found` as `instanceFolder`. */
export const sealedKeyFile = (homes: Homes, id: string): string => `${instanceKeyFile(homes, id)}.age`;
/** Where the key and the token of an instance stay while its key is exchanged, and what is known of that. As `instanceFolder`. */
export const previousKeyFile = (homes: Homes, id: string): string => `${instanceKeyFile(homes, id)}.previous`;
export const previousSealedKeyFile = (homes: Homes, id: string): string => `${sealedKeyFile(homes, id)}.previous`;
export const previousTokenFile = (homes: Homes, id: string): string => join(instanceFolder(homes, id), 'auth.json.previous');
export const rotationFile = (homes: Homes, id: string): string => join(instanceFolder(homes, id), 'rotation.json');
/** Where current Rust SDKs keep a machine token. This and the next two throw `not_found` as `instanceFolder`. */
export const machineTokenFile = (homes: Homes, id: string): string => join(instanceFolder(homes, id), 'runbeam', 'auth.json');
/** Where older ones keep it. */
export const olderMachineTokenFile = (homes: Homes, id: string): string => join(instanceFolder(homes, id), 'auth.json');
/** A machine token that was issued and could not be delivered. */
export const pendingTokenFile = (homes: Homes, id: string): string => join(instanceFolder(homes, id), 'pending.json.age');

/** The file of a project, looked for from the working directory upward. */
export const PROJECT_FILE = '.beamd';
/** What one user lays over it. */
export const PROJECT_LOCAL_FILE = '.beamd.local';
/** What newer versions of the Go `beamd` have in place of the two. */
export const GO_PROJECT_FILE = 'beamd.yaml';
export const GO_PROJECT_LOCAL_FILE = 'beamd.local.yaml';

/** A file or folder, and what is kept in it; with the program that has it, if it is not both. */
export interface KeptFile {
  readonly path: string;
  readonly about: string;
  readonly of?: 'beamd' | 'runbeam';
}

/** What users may look for on disk, in the words of help and man pages. Capitals stand for names. Backticks enclose what is typed. */
export function keptFiles(homes: Homes): readonly KeptFile[] {
  return [
    { path: accountsFolder(homes), about: 'your logins, a file for each; the secret in it is encrypted' },
    { path: encryptionKeyFile(homes), about: 'the key to those secrets, where neither keyring nor environment has it' },
    { path: configFile(homes), about: 'which login is the current one', of: 'beamd' },
    { path: agentsFolder(homes), about: 'where agents listen, and what they did (`*.log`)' },
    { path: instancesFile(homes), about: 'the gateways that were registered', of: 'runbeam' },
    { path: runbeamConfigFile(homes), about: 'the address of Runbeam Cloud', of: 'runbeam' },
    { path: join(homes.runbeam, 'ID'), about: "a gateway's key, and its machine token, encrypted", of: 'runbeam' },
    { path: PROJECT_FILE, about: 'in a project, or above it: which edge and org are used there; to be committed', of: 'beamd' },
    { path: PROJECT_LOCAL_FILE, about: 'what one person lays over it; not to be committed', of: 'beamd' },
  ];
}
