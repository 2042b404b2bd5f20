/** `~/.runbeam/config.json`, shared with the Rust CLI. */
import { ensurePrivateFolder } from '../files/permissions.ts';
import { writeFileAtomic } from '../files/atomic-file.ts';
import { withLock } from '../files/file-lock.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { readJsonFile } from '../formats/json-file.ts';
import { runbeamConfigFile, runbeamLock, type Homes, type StoreDeps } from '../paths.ts';

export interface RunbeamConfig {
  /** Base URL of Runbeam Cloud, as the user set it. */
  readonly apiUrl?: string;
}

/** What the file says, and the members of it that are not known here. */
function load(homes: Homes): { readonly config: RunbeamConfig; readonly unknown: object } {
  const path = runbeamConfigFile(homes);
  const file = FieldReader.of(readJsonFile(path) ?? {}, path, 'bad_config');
  const apiUrl = file.optionalString('api_url');
  const { api_url: _, ...unknown } = file.members;
  return { config: apiUrl ? { apiUrl } : {}, unknown };
}

/** Empty if there is no file. Throws `bad_config`, `bad_file`, `unsafe_path`. */
export function readRunbeamConfig(homes: Homes): RunbeamConfig {
  return load(homes).config;
}

/**
 * Writes the configuration under its lock; members that are not known are kept. Throws as `readRunbeamConfig`, and `busy`,
 * `storage`, `storage_full`.
 */
export async function writeRunbeamConfig({ homes, clock }: StoreDeps, config: RunbeamConfig): Promise<void> {
  ensurePrivateFolder(homes.runbeam);
  const work = (): Promise<void> => {
    const { unknown } = load(homes);
    const document = config.apiUrl === undefined ? unknown : { api_url: config.apiUrl, ...unknown };
    writeFileAtomic(runbeamConfigFile(homes), `${JSON.stringify(document, null, 2)}\n`);
    return Promise.resolve();
  };
  await withLock(runbeamLock(homes), work, { clock });
}
