/**
 * The keyring's native module as an executable carries it. A system loads such modules from files only, so one is made for as
 * long as that takes: in a folder that nobody else can reach, or foretell. (What Bun would do by itself is to leave a file
 * with a foreseeable name in the folder of temporary files, and to load what it finds there.)
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as Keyring from '@napi-rs/keyring';

const FILE = 'keyring.node';

function loadFrom(parent: string): typeof Keyring {
  const carried = join(dirname(process.argv[1] ?? ''), FILE);
  const folder = mkdtempSync(join(parent, '.beamd-'));
  try {
    const path = join(folder, FILE);
    writeFileSync(path, readFileSync(carried), { mode: 0o600 });
    const loaded = { exports: {} };
    process.dlopen(loaded, path);
    return loaded.exports as typeof Keyring;
  } finally {
    try {
      rmSync(folder, { recursive: true });
    } catch {
      // Windows removes no module that is loaded.
    }
  }
}

function load(): typeof Keyring {
  try {
    return loadFrom(tmpdir());
  } catch {
    // There is no such folder, or nothing may be run from it.
    return loadFrom(homedir());
  }
}

export const { Entry } = load();
