/** Files that users write by hand. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { CliUser } from './cli-user.ts';

/** Writes a yaml file below the working folder and returns its path. */
export function writeConfig(user: CliUser, name: string, document: Readonly<Record<string, unknown>>): string {
  const path = writeText(user, name, stringify(document));
  // It may hold an API key, of which others are warned.
  chmodSync(path, 0o600);
  return path;
}

/** Writes a file below the working folder and returns its path. */
export function writeText(user: CliUser, name: string, text: string): string {
  const path = join(user.work, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
