/**
 * What we know of an instance beyond its entry in harmony.json: how it may be spoken to, and what was seen of it. In a file of
 * our own beside its key, because the Rust CLI writes harmony.json anew and drops what it does not know.
 */
import { dirname } from 'node:path';
import { BeamError } from '../../errors.ts';
import { omitUndefined } from '../../omit-undefined.ts';
import { removeFile, writeFileAtomic } from '../files/atomic-file.ts';
import { checkPrivateFolder } from '../files/permissions.ts';
import { FieldReader } from '../formats/field-reader.ts';
import { readJsonFile } from '../formats/json-file.ts';
import { instanceSettingsFile, runbeamLock, type Homes, type StoreDeps } from '../paths.ts';
import { ensureInstanceFolder } from './instance-key.ts';

export interface InstanceSettings {
  /** Only https, also on this machine. */
  readonly tls?: boolean;
  /** PEM text of the CAs that are trusted for this instance, beside the usual ones. */
  readonly ca?: string;
  /** `ip:port` to which plain http is allowed off this machine. Of another address it counts for nothing. */
  readonly plaintextTo?: string;
  /** `auto`: the agent is to renew its machine token. */
  readonly renew?: 'auto' | 'off';
  /** The last time that the gateway answered. */
  readonly seen?: Seen;
  /** The file is there and cannot be read: then only https is spoken. */
  readonly unreadable?: true;
}

export interface Seen {
  /** RFC 3339. */
  readonly at: string;
  readonly version?: string;
}

/** Bytes: certificates of a company's CAs, and a few lines. */
const MAX_SETTINGS = 262_144;

const STRICT: InstanceSettings = { tls: true, renew: 'off', unreadable: true };

/** The settings of an instance; strict ones where they cannot be read. Throws `not_found` for what is no id. */
export function readSettings(homes: Homes, id: string): InstanceSettings {
  const path = instanceSettingsFile(homes, id);
  try {
    const value = readJsonFile(path, MAX_SETTINGS);
    return value === undefined ? {} : parse(FieldReader.of(value, path));
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
    return STRICT;
  }
}

function parse(file: FieldReader): InstanceSettings {
  const seen = file.optionalObject('seen');
  return omitUndefined({
    tls: file.optionalFlag('tls') ?? undefined,
    ca: file.optionalText('ca') ?? undefined,
    plaintextTo: file.optionalText('plaintext_to') ?? undefined,
    renew: file.choice('renew', ['auto', 'off']),
    seen: seen && omitUndefined({ at: seen.text('at'), version: seen.optionalString('version') ?? undefined }),
  });
}

function toJson({ tls, ca, plaintextTo, renew, seen }: InstanceSettings): string {
  const stored = omitUndefined({
    tls,
    ca,
    plaintext_to: plaintextTo,
    renew,
    seen,
  });
  return `${JSON.stringify(stored, null, 2)}\n`;
}

/** Members that are changed; an undefined one is removed. */
export type SettingsChange = { readonly [K in keyof Omit<InstanceSettings, 'unreadable'>]?: InstanceSettings[K] | undefined };

/**
 * Changes the settings of several instances under one lock. What could not be read is written as what it counted for. Throws
 * `busy`, `not_found` for what is no id, `unsafe_path`, `storage`, `storage_full`.
 */
export async function changeSettings(deps: StoreDeps, changes: ReadonlyMap<string, SettingsChange>): Promise<void> {
  const { withLock } = await import('../files/file-lock.ts');
  const work = (): Promise<void> => {
    for (const [id, change] of changes) {
      ensureInstanceFolder(deps, id);
      const settings: SettingsChange = { ...readSettings(deps.homes, id), ...change };
      writeFileAtomic(instanceSettingsFile(deps.homes, id), toJson(omitUndefined(settings)));
    }
    return Promise.resolve();
  };
  const [first] = changes.keys();
  if (first === undefined) return;
  // The lock is in the home, which may not be there yet.
  ensureInstanceFolder(deps, first);
  await withLock(runbeamLock(deps.homes), work, { clock: deps.clock });
}

/** Notes that gateways answered. What is only for show fails without a word: a home that cannot be written is no reason. */
export async function noteSeen(deps: StoreDeps, seen: ReadonlyMap<string, Seen>): Promise<void> {
  try {
    await changeSettings(deps, new Map([...seen].map(([id, each]) => [id, { seen: each }])));
  } catch (error) {
    if (!(error instanceof BeamError)) throw error;
  }
}

/** Forgets the settings of an instance. Throws `unsafe_path`, `storage`, `not_found` for what is no id. */
export function forgetSettings(homes: Homes, id: string): void {
  const path = instanceSettingsFile(homes, id);
  if (checkPrivateFolder(homes.runbeam) === 'present' && checkPrivateFolder(dirname(path)) === 'present') removeFile(path);
}
