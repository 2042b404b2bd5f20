/** A shell in which all names of the programs are on the PATH, for lines exactly as users type them. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAMES } from '../../sandbox/testing.ts';
import { commandOf, quoted, type Ran, type CliUser } from './cli-user.ts';

export type Shell = (line: string) => Promise<Ran>;

/** The user's environment, with a folder of the programs on its PATH, which other programs find them by. */
export function withPrograms(user: CliUser): Record<string, string> {
  const folder = join(user.home, 'bin');
  mkdirSync(folder, { recursive: true });
  for (const name of NAMES) {
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${quoted(commandOf(name))} "$@"\n`, {
      mode: 0o755,
    });
  }
  return { ...user.env, PATH: `${folder}:${user.env['PATH'] ?? ''}` };
}

export function openShell(user: CliUser): Shell {
  const env = withPrograms(user);
  return (line) =>
    new Promise((resolve) => {
      const child = execFile('sh', ['-c', line], { cwd: user.work, env, timeout: 200_000 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.end();
    });
}
