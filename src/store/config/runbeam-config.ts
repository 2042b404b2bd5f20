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

function load(homes: Homes): FieldReader {
  const path = runbeamConfigFile(homes);
  return FieldReader.of(readJsonFile(path) ?? {}, path, 'bad_config');
}

/** Empty if there is no file. Throws `bad_config`, `bad_file`, `unsafe_path`. */
export function readRunbeamConfig(homes: Homes): RunbeamConfig {
  const apiUrl = load(homes).optionalString('api_url');
  return apiUrl ? { apiUrl } : {};
}

/**
 * Writes the configuration under its lock; members that are not known are kept. Throws as `readRunbeamConfig`, and `busy`,
 * `storage`, `storage_full`.
 */
export async function writeRunbeamConfig({ homes, clock }: StoreDeps, config: RunbeamConfig): Promise<void> {
  ensurePrivateFolder(homes.runbeam);
  const work = (): Promise<void> => {
    const { api_url: _, ...unknown } = load(homes).members;
    const document = config.apiUrl === undefined ? unknown : { api_url: config.apiUrl, ...unknown };
    writeFileAtomic(runbeamConfigFile(homes), `${JSON.stringify(document, null, 2)}\n`);
    return Promise.resolve();
  };
  await withLock(runbeamLock(homes), work, { clock });
}
