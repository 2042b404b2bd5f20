/** Programs of the system that a test needs and a machine may not have. */
import { spawnSync } from 'node:child_process';

/**
 * Whether to skip what needs a program, said on the console with the package it comes from. In CI it must be there: a test
 * that skips itself proves nothing.
 */
export function missing(program: string, from = program): boolean {
  if (process.env['CI'] === 'true' || spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined) return false;
  console.warn(`skipped: the program ${program} is not installed (apt-get install ${from})`);
  return true;
}
