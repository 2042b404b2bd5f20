import type { ChildProcess } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { isLoopback } from '../../http.ts';
import type { Env } from '../../environment.ts';
import { system, type Command, type Desktop, type System } from '../../platform/system.ts';

/** Variables that hold secrets: programs of others have no use for them. */
const SECRET = /(TOKEN|SECRET|PASSWORD|_KEY)$/i;

/** The environment for a program of the desktop. */
export function withoutSecrets(env: Env): Env {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRET.test(name)));
}

/**
 * Opens a URL in the user's browser and lets it be: `BEAMD_BROWSER`, else `BROWSER` (a command; `%s` in it stands for
 * the URL; empty or `none` means no browser), else what the system opens URLs with. Resolves to whether a program was
 * started, never rejects, and waits for nothing beyond its start. Only https, and http on loopback, is ever opened.
 */
export async function openBrowser(url: string, env: Env, { desktop }: Pick<System, 'desktop'> = system): Promise<boolean> {
  const href = openable(url);
  const command = href === undefined ? undefined : commandFor(href, env, desktop);
  if (command === undefined) return false;
  const { spawn } = await import('node:child_process');
  try {
    // No shell: the URL is one argument, whatever is in it.
    return await started(
      spawn(command.file, command.args, {
        detached: true,
        stdio: system.descriptors.shieldedStdio(),
        shell: false,
        env: withoutSecrets(env),
        windowsHide: true,
      }),
    );
  } catch {
    return false;
  }
}

/** Whether there is something to open a URL with; whether it will start is not tried. */
export function hasBrowser(url: string, env: Env, { desktop }: Pick<System, 'desktop'> = system): boolean {
  const href = openable(url);
  return href !== undefined && commandFor(href, env, desktop) !== undefined;
}

function openable(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)) ? url.href : undefined;
}

function commandFor(url: string, env: Env, desktop: Desktop): Command | undefined {
  const chosen = (env['BEAMD_BROWSER'] ?? env['BROWSER'])?.trim();
  if (chosen === '' || chosen === 'none') return undefined;
  if (chosen !== undefined) return userCommand(chosen, url);
  return desktop.browser(url, env);
}

/** A command with its own arguments; an absolute path is also tried as a whole, since a home folder may hold spaces. */
function userCommand(chosen: string, url: string): Command {
  const { existsSync } = process.getBuiltinModule('node:fs');
  const [file = chosen, ...rest] = isAbsolute(chosen) && existsSync(chosen) ? [chosen] : chosen.split(/\s+/);
  const filled = rest.map((part) => part.replaceAll('%s', () => url));
  return { file, args: rest.some((part) => part.includes('%s')) ? filled : [...rest, url] };
}

function started(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
