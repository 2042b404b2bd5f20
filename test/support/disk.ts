/** A small disk of a folder's own, filled and freed. Needs root. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../../src/errors.ts';

/** Mounts a disk of so many kilobytes at a folder, which is made. */
export function mountDisk(folder: string, kilobytes: number): { close(): void } {
  mkdirSync(folder, { mode: 0o700 });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=0700`, 'tmpfs', folder]);
  return { close: () => void execFileSync('umount', ['-l', folder]) };
}

/** Fills the disk to the last byte. */
export function fill(folder: string): void {
  for (const size of [4_096, 1]) {
    for (let number = 0; ; number += 1) {
      try {
        writeFileSync(join(folder, `filler-${size}-${number}`), Buffer.alloc(size));
      } catch (error) {
        if (systemCode(error) !== 'ENOSPC') throw error;
        break;
      }
    }
  }
}

/** Takes away what `fill` wrote. */
export function free(folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith('filler-')) rmSync(join(folder, name));
}
