/** What git makes of a file: asked of git itself, which alone knows all of its rules. */
import { basename, dirname } from 'node:path';
import type { Env } from '../../environment.ts';
import { system } from '../../platform/system.ts';

/** How long git may take, milliseconds. */
const DEADLINE = 10_000;

/** What git needs to start and to find its user's settings; no token of ours is handed to it. */
const HANDED = ['PATH', 'PATHEXT', 'HOME', 'USERPROFILE', 'XDG_CONFIG_HOME', 'SystemRoot', 'TMPDIR', 'TEMP'];

/** Of a repository nothing is run: its settings may name a program that git starts to see what has changed. */
const CAREFUL = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath='];

/** Whether git has the file, or would take it. `unknown`: there is no git, or it refuses to look. */
export interface GitFile {
  readonly tracked: boolean | 'unknown';
  readonly ignored: boolean | 'unknown';
}

/** Asks git about a file, there or not, in a folder that is. */
export async function askGit(path: string, env: Env): Promise<GitFile> {
  const [folder, name] = [dirname(path), basename(path)];
  const ask = (...args: readonly string[]): Promise<boolean | 'unknown'> => runGit(folder, args, env);
  return {
    tracked: await ask('ls-files', '--error-unmatch', '--', name),
    // By its rules alone: what git has is never ignored.
    ignored: await ask('check-ignore', '--quiet', '--no-index', '--', name),
  };
}

/** Exit code 0 is yes, 1 is no. */
function runGit(cwd: string, args: readonly string[], env: Env): Promise<boolean | 'unknown'> {
  const file = system.programs.places('git', env).find((one) => system.programs.isRunnable(one));
  if (file === undefined) return Promise.resolve('unknown');
  const { execFile } = process.getBuiltinModule('node:child_process');
  const handed = Object.fromEntries(HANDED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  return new Promise((resolve) => {
    const options = { cwd, env: handed, timeout: DEADLINE, windowsHide: true };
    execFile(file, [...CAREFUL, ...args], options, (failure) => {
      if (failure === null) resolve(true);
      else resolve(failure.code === 1 ? false : 'unknown');
    });
  });
}
