/** What a crash leaves on the disk. */
import { writeFileSync } from 'node:fs';

/**
 * Leaves everything of this process's memory out of its core dumps, and so of those of what it starts: tokens are in it.
 * Linux only; elsewhere the limits of the user's shell decide.
 */
export function leaveCoreDumpsEmpty(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0');
  } catch {
    // No /proc, or none that may be written.
  }
}
