/** `~/.beamd/config`: the current account, and the one before. */
import { omitUndefined } from '../../omit-undefined.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { readSmallFile, writeFileAtomic } from '../files/atomic-file.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { lineOfKey, parseYaml, stringifyYaml } from '../formats/yaml.ts';
import { mistypedKeys } from './project-keys.ts';
import { configFile, configLock, locksFolder, type Homes, type StoreDeps } from '../paths.ts';

/** What the file says. */
export interface GlobalConfig {
  /** `Server.name` of the account that commands mean when nothing else says which. */
  readonly current?: string;
  /** What was current before, as `current` names it. */
  readonly previous?: string;
  readonly defaults: Readonly<Record<string, string>>;
  /** The program that is asked before each use of an account that wants it, and what it is given first. Ours to read alone. */
  readonly confirm?: readonly string[];
  /** What the user should know about the file. */
  readonly warnings?: readonly string[];
}

const HEADER = '# Written by beamd.\n';

const KNOWN = ['current', 'previous', 'defaults', 'confirm'];

interface Loaded {
  readonly file: FieldReader;
  readonly text: string;
}

async function load(homes: Homes): Promise<Loaded> {
  const path = configFile(homes);
  const text = (checkPrivateFolder(homes.beamd) === 'absent' ? undefined : readSmallFile(path)) ?? '';
  return { file: FieldReader.of(text === '' ? {} : await parseYaml(text, path), path, 'bad_config'), text };
}

function toConfig(file: FieldReader): GlobalConfig {
  const current = file.optionalString('current');
  const previous = file.optionalString('previous');
  const defaults = file.optionalObject('defaults')?.strings() ?? {};
  const confirm = file.optionalWords('confirm');
  return { ...(current ? { current } : {}), ...(previous ? { previous } : {}), ...(confirm && { confirm }), defaults };
}

/** The configuration; empty if there is none. Throws `bad_file`, `bad_config`, `unsafe_path`. */
export async function readGlobalConfig(homes: Homes): Promise<GlobalConfig> {
  const { file, text } = await load(homes);
  const path = configFile(homes);
  const warnings = mistypedKeys(file.members, { text, path, file: 'the configuration', known: KNOWN });
  return { ...toConfig(file), ...(warnings.length > 0 && { warnings }) };
}

/** Where it names the current account. Throws as `readGlobalConfig`. */
export async function placeOfCurrent(homes: Homes): Promise<{ readonly path: string; readonly line?: number }> {
  const path = configFile(homes);
  return omitUndefined({ path, line: await lineOfKey(readSmallFile(path) ?? '', path, 'current') });
}

/**
 * Changes the configuration under its lock, keeping what this version does not know. Throws as `readGlobalConfig`,
 * and `busy`, `storage`, `storage_full`.
 */
export async function updateGlobalConfig(
  { homes, clock }: StoreDeps,
  change: (config: GlobalConfig) => GlobalConfig,
): Promise<GlobalConfig> {
  const { withLock } = await import('../files/file-lock.ts');
  ensurePrivateFolder(homes.beamd);
  ensurePrivateFolder(locksFolder(homes));
  const work = async (): Promise<GlobalConfig> => {
    const { file } = await load(homes);
    const config = change(toConfig(file));
    writeFileAtomic(configFile(homes), HEADER + (await bodyOf(config, file)));
    return config;
  };
  return withLock(configLock(homes), work, { clock });
}

async function bodyOf(config: GlobalConfig, before: FieldReader): Promise<string> {
  const { current: _current, previous: _previous, defaults: _defaults, ...unknown } = before.members;
  const defaults = Object.keys(config.defaults).length === 0 ? undefined : config.defaults;
  const document = omitUndefined({ current: config.current, previous: config.previous, defaults, ...unknown });
  return Object.keys(document).length === 0 ? '' : stringifyYaml(document);
}
