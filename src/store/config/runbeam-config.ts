/** `~/.runbeam/config.json`, shared with the Rust CLI. */
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import { ensurePrivateFolder } from '../files/permissions.ts';
import { writeFileAtomic } from '../files/atomic-file.ts';
import { readRunbeamJson } from '../formats/json-file.ts';
import { withLock } from '../files/file-lock.ts';
import { runbeamConfigFile, runbeamLock, type Homes } from '../paths.ts';
import { check } from '../formats/schema.ts';

export interface RunbeamConfig {
  /** Base URL of Runbeam Cloud, as the user set it. */
  readonly apiUrl?: string;
}

const schema = v.looseObject({ api_url: v.nullish(v.string()) });

function load(homes: Homes): v.InferOutput<typeof schema> {
  const path = runbeamConfigFile(homes);
  return check(schema, readRunbeamJson(homes, path) ?? {}, path, 'bad_config');
}

/** Empty if there is no file. Throws `bad_config`, `bad_file`, `unsafe_path`. */
export function readRunbeamConfig(homes: Homes): RunbeamConfig {
  const { api_url: apiUrl } = load(homes);
  return apiUrl === undefined || apiUrl === null || apiUrl === '' ? {} : { apiUrl };
}

/** Writes the configuration, under the lock; members that are not known are kept. Throws as reading, and `storage`. */
export async function writeRunbeamConfig(
  homes: Homes,
  config: RunbeamConfig,
  options: { readonly clock?: Clock } = {},
): Promise<void> {
  ensurePrivateFolder(homes.runbeam);
  const work = (): Promise<void> => {
    const { api_url: _, ...extra } = load(homes);
    const document = config.apiUrl === undefined ? extra : { api_url: config.apiUrl, ...extra };
    writeFileAtomic(runbeamConfigFile(homes), `${JSON.stringify(document, null, 2)}\n`);
    return Promise.resolve();
  };
  await withLock(runbeamLock(homes), work, options);
}
