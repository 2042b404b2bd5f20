/** A shell in which `beamd` and `runbeam` are on the PATH, for lines exactly as users type them. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { commandOf, quoted, type Ran, type CliUser } from './cli-user.ts';

export type Shell = (line: string) => Promise<Ran>;

/** A folder for the PATH, with both programs in it. */
export function shims(user: CliUser): string {
  const folder = join(user.home, 'bin');
  mkdirSync(folder, { recursive: true });
  for (const name of ['beamd', 'runbeam'] as const) {
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${quoted(commandOf(name))} "$@"\n`, {
      mode: 0o755,
    });
  }
  return folder;
}

export function openShell(user: CliUser): Shell {
  const env = { ...user.env, PATH: `${shims(user)}:${user.env['PATH'] ?? ''}` };
  return (line) =>
    new Promise((resolve) => {
      const child = execFile('sh', ['-c', line], { cwd: user.work, env, timeout: 200_000 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.end();
    });
}
