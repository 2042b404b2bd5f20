/** `~/.beamd/config`: the current account, and the one before. */
import { omitUndefined } from '../../omit-undefined.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { readSmallFile, writeFileAtomic } from '../files/atomic-file.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { lineOfKey, parseYaml, stringifyYaml } from '../formats/yaml.ts';
import { configFile, configLock, locksFolder, type Homes, type StoreDeps } from '../paths.ts';

/** What the file says. */
export interface GlobalConfig {
  /** `Server.name` of the account that commands mean when nothing else says which. */
  readonly current?: string;
  /** What was current before, as `current` names it. */
  readonly previous?: string;
  readonly defaults: Readonly<Record<string, string>>;
}

const HEADER = '# Written by beamd.\n';

async function load(homes: Homes): Promise<FieldReader> {
  const path = configFile(homes);
  const text = checkPrivateFolder(homes.beamd) === 'absent' ? undefined : readSmallFile(path);
  return FieldReader.of(text === undefined ? {} : await parseYaml(text, path), path, 'bad_config');
}

function toConfig(file: FieldReader): GlobalConfig {
  const current = file.optionalString('current');
  const previous = file.optionalString('previous');
  const defaults = file.optionalObject('defaults')?.strings() ?? {};
  return { ...(current ? { current } : {}), ...(previous ? { previous } : {}), defaults };
}

/** The configuration; empty if there is none. Throws `bad_file`, `bad_config`, `unsafe_path`. */
export async function readGlobalConfig(homes: Homes): Promise<GlobalConfig> {
  return toConfig(await load(homes));
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
    const file = await load(homes);
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
