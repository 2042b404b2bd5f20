/** Files that users write by hand. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { CliUser } from './cli-user.ts';

/** Writes a yaml file below the working folder and returns its path. */
export function writeConfig(user: CliUser, name: string, document: Readonly<Record<string, unknown>>): string {
  return writeText(user, name, stringify(document));
}

/** Writes a file below the working folder and returns its path. */
export function writeText(user: CliUser, name: string, text: string): string {
  const path = join(user.work, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
