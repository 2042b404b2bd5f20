/** `~/.beamd/config`: the current server. No yaml library is loaded unless the file needs one. */
import type { Clock } from '../../clock.ts';
import { BeamError } from '../../errors.ts';
import { checkPrivateFolder, ensurePrivateFolder } from '../files/permissions.ts';
import { readSmallFile, writeFileAtomic } from '../files/atomic-file.ts';
import { parseFlatYaml } from '../formats/flat-yaml.ts';
import { configFile, configLock, locksFolder, type Homes } from '../paths.ts';

/** `~/.beamd/config`. */
export interface GlobalConfig {
  readonly current?: string;
  readonly defaults: Readonly<Record<string, string>>;
}

type Document = Readonly<Record<string, unknown>>;

const HEADER = '# Written by beamd.\n';

async function load(homes: Homes): Promise<Document> {
  if (checkPrivateFolder(homes.beamd) === 'absent') return {};
  const path = configFile(homes);
  const text = readSmallFile(path);
  if (text === undefined) return {};
  const flat = parseFlatYaml(text);
  if (flat !== undefined) return flat;
  const { parseYamlObject } = await import('../formats/yaml.ts');
  return parseYamlObject(text, path);
}

function wrong(path: string, field: string): BeamError {
  return new BeamError('bad_config', `${path} has a wrong \`${field}\``, { hint: { text: `Correct ${path}` } });
}

function parse(document: Document, path: string): GlobalConfig {
  const current = document['current'] ?? undefined;
  if (current !== undefined && typeof current !== 'string') throw wrong(path, 'current');
  const defaults: Record<string, string> = {};
  const stored = document['defaults'] ?? {};
  if (typeof stored !== 'object' || Array.isArray(stored)) throw wrong(path, 'defaults');
  for (const [name, value] of Object.entries(stored)) {
    if (typeof value !== 'string') throw wrong(path, `defaults.${name}`);
    defaults[name] = value;
  }
  return { ...(current === undefined || current === '' ? {} : { current }), defaults };
}

/** The configuration; empty if there is none. Throws `bad_file`, `bad_config`, `unsafe_path`. */
export async function readGlobalConfig(homes: Homes): Promise<GlobalConfig> {
  return parse(await load(homes), configFile(homes));
}

/**
 * Changes the configuration under its lock, keeping what this version does not know. Throws as `readGlobalConfig`,
 * and `busy`, `storage`, `storage_full`.
 */
export async function updateGlobalConfig(
  homes: Homes,
  change: (config: GlobalConfig) => GlobalConfig,
  options: { readonly clock?: Clock } = {},
): Promise<GlobalConfig> {
  const { withLock } = await import('../files/file-lock.ts');
  const { stringifyYaml } = await import('../formats/yaml.ts');
  ensurePrivateFolder(homes.beamd);
  ensurePrivateFolder(locksFolder(homes));
  const work = async (): Promise<GlobalConfig> => {
    const { current: _current, defaults: _defaults, ...extra } = await load(homes);
    const config = change(await readGlobalConfig(homes));
    const defaults = Object.keys(config.defaults).length === 0 ? {} : { defaults: config.defaults };
    const current = config.current === undefined ? {} : { current: config.current };
    const document = { ...current, ...defaults, ...extra };
    const body = Object.keys(document).length === 0 ? '' : await stringifyYaml(document);
    writeFileAtomic(configFile(homes), HEADER + body);
    return config;
  };
  return withLock(configLock(homes), work, options);
}
