/** Files that users write by hand. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { World } from './cli-user.ts';

/** Writes a yaml file below the working folder and returns its path. */
export function writeConfig(world: World, name: string, document: Readonly<Record<string, unknown>>): string {
  return writeText(world, name, stringify(document));
}

/** Writes a file below the working folder and returns its path. */
export function writeText(world: World, name: string, text: string): string {
  const path = join(world.work, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}
