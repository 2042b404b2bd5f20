/** All there is in `~/.beamd` and `~/.runbeam`, and whose it is, for who looks them over. docs/files.md has the same list. */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isAccountKey, keyOfFileName } from './account-key.ts';
import { targetOfTemporary } from './files/temporary.ts';
import {
  accountsFolder,
  agentsFolder,
  configFile,
  configuredKeyFile,
  earlierLoginSeen,
  encryptionKeyFile,
  fleetLock,
  fleetRunFile,
  instanceKeyFile,
  instanceSettingsFile,
  instancesFile,
  isInstanceId,
  keySetsFolder,
  ledgerFile,
  ledgerLock,
  locksFolder,
  loginIdOf,
  machineTokenFile,
  olderMachineTokenFile,
  pendingLoginsFolder,
  pendingTokenFile,
  previousKeyFile,
  previousSealedKeyFile,
  previousTokenFile,
  rotationFile,
  sealedKeyFile,
  runbeamConfigFile,
  runbeamLock,
  rustCliFolder,
  rustCliPlainFile,
  type Homes,
} from './paths.ts';

/** `go` and `rust`: of the programs of the same names that are not this one. */
export type EntryOwner = 'own' | 'go' | 'rust' | 'unknown';

export interface HomeEntry {
  readonly path: string;
  readonly stats: Stats;
  readonly owner: EntryOwner;
  /** It is a secret, or leads to one: nobody else may as much as read it. */
  readonly secret: boolean;
  /** Its name is one of a few that are the same for everybody. */
  readonly fixed: boolean;
  /** It is of the agent of this account. */
  readonly agentOf?: string;
}

type Inside = (name: string) => Meaning;

/** What a name in a folder means. */
interface Meaning {
  readonly owner: EntryOwner;
  readonly secret?: true;
  readonly fixed?: true;
  readonly agentOf?: string;
  /** It is a folder, and this is what the names in it mean. */
  readonly inside?: Inside;
}

const OWN: Meaning = { owner: 'own' };
const SECRET: Meaning = { owner: 'own', secret: true };
const UNKNOWN: Meaning = { owner: 'unknown' };
const RUST: Meaning = { owner: 'rust', secret: true };

/** Everything in a home folder, each folder before what is in it. A folder that cannot be read has nothing in it. */
export function homeEntries(homes: Homes, home: 'beamd' | 'runbeam'): HomeEntry[] {
  const inside = home === 'beamd' ? insideBeamd(homes) : insideRunbeam(homes);
  return walk(homes[home], home === 'beamd' ? { ...SECRET, inside } : { ...OWN, inside });
}

function walk(path: string, { owner, secret, fixed, agentOf, inside }: Meaning): HomeEntry[] {
  const stats = statOf(path);
  if (stats === undefined) return [];
  const isFolder = stats.isDirectory();
  // A file in the place of a folder is none of ours.
  const whose = inside !== undefined && !isFolder && owner === 'own' ? 'unknown' : owner;
  const entry = {
    path,
    stats,
    owner: whose,
    secret: secret === true,
    fixed: fixed === true,
    ...(agentOf === undefined ? {} : { agentOf }),
  };
  if (!isFolder || inside === undefined) return [entry];
  return [entry, ...namesIn(path).flatMap((name) => walk(join(path, name), meaningOf(name, inside)))];
}

/** A file that was being written is of whoever writes the one that it was to become. */
function meaningOf(name: string, inside: Inside): Meaning {
  const target = targetOfTemporary(name);
  if (target === undefined) return inside(name);
  const { owner, secret } = inside(target);
  return { owner: owner === 'unknown' ? 'own' : owner, ...(secret && { secret }) };
}

function statOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** What files of these names mean; any other is unknown. */
function files(known: readonly (readonly [path: string, meaning: Meaning])[], otherwise: Inside = () => UNKNOWN): Inside {
  const byName = new Map(known.map(([path, meaning]): [string, Meaning] => [basename(path), { ...meaning, fixed: true }]));
  return (name) => byName.get(name) ?? otherwise(name);
}

function insideBeamd(homes: Homes): Inside {
  return files([
    [configFile(homes), OWN],
    [encryptionKeyFile(homes), SECRET],
    [accountsFolder(homes), { ...SECRET, inside: inAccounts }],
    [pendingLoginsFolder(homes), { ...SECRET, inside: (name) => (loginIdOf(name) === undefined ? UNKNOWN : SECRET) }],
    [agentsFolder(homes), { ...SECRET, inside: inAgents }],
    [locksFolder(homes), { ...OWN, inside: (name) => (LOCK.test(name) ? OWN : UNKNOWN) }],
  ]);
}

const LOCK = /^(?:config|logins|setup|(?:account|file|instance|login)-.+)$/u;

const AGENT_FILE = /^(.+?)(?:\.beamd)?\.(?:sock|g\d+|t[0-9a-f]+|pid|at|used|start|log(?:\.\d+)?)$/u;

function inAccounts(file: string): Meaning {
  const name = file.endsWith('.yaml') ? file.slice(0, -'.yaml'.length) : '';
  const key = keyOfFileName(name);
  if (!isAccountKey(key)) return UNKNOWN;
  return key === name ? SECRET : { owner: 'go', secret: true };
}

function inAgents(file: string): Meaning {
  if (file.endsWith('.sock.lock')) return { owner: 'go' };
  const key = AGENT_FILE.exec(file)?.[1];
  return key !== undefined && isAccountKey(key) ? { owner: 'own', agentOf: key } : UNKNOWN;
}

function isKeySet(name: string): boolean {
  return name.endsWith('.json') && isAccountKey(name.slice(0, -'.json'.length));
}

function insideRunbeam(homes: Homes): Inside {
  // Any id: what is in the folder of one is the same for all.
  const id = '0';
  const sdk = machineTokenFile(homes, id);
  const instance = files([
    [instanceKeyFile(homes, id), SECRET],
    [configuredKeyFile(homes, id), OWN],
    [instanceSettingsFile(homes, id), OWN],
    [sealedKeyFile(homes, id), SECRET],
    [previousKeyFile(homes, id), SECRET],
    [previousSealedKeyFile(homes, id), SECRET],
    [previousTokenFile(homes, id), SECRET],
    [rotationFile(homes, id), OWN],
    [olderMachineTokenFile(homes, id), SECRET],
    [pendingTokenFile(homes, id), SECRET],
    [dirname(sdk), { ...OWN, inside: files([[sdk, SECRET]]) }],
  ]);
  const known = [
    [runbeamConfigFile(homes), OWN],
    [instancesFile(homes), OWN],
    [runbeamLock(homes), OWN],
    [ledgerFile(homes), OWN],
    [ledgerLock(homes), OWN],
    [fleetRunFile(homes), OWN],
    [fleetLock(homes), OWN],
    [earlierLoginSeen(homes), OWN],
    [keySetsFolder(homes), { ...OWN, inside: (name: string) => (isKeySet(name) ? OWN : UNKNOWN) }],
    [rustCliFolder(homes), RUST],
    [rustCliPlainFile(homes), RUST],
    [join(homes.runbeam, 'runbeam'), RUST],
  ] as const;
  return files(known, (name) => (isInstanceId(name) ? { ...OWN, inside: instance } : UNKNOWN));
}
