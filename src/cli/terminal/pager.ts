/** A long list, shown a screen at a time by the user's pager. */
import { spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { withoutSecrets } from '../../auth/device-flow/browser.ts';
import type { Env } from '../../environment.ts';
import { system } from '../../platform/system.ts';
import { processInterrupt } from './interrupt.ts';
import { hasScreen } from './screen.ts';

/** What `less` does where the user says nothing: end at once if all fits, keep colours, leave the text on the screen. */
const LESS = 'FRX';

/** Exit codes of a program that could not be run. */
const NOT_RUN: readonly (number | null)[] = [126, 127];

/** Whether a text is too long for the terminal, and somebody is there to leaf through it. */
export function isTooLong(text: string, env: Env): boolean {
  const { rows } = process.stdout;
  if (!hasScreen(env) || !process.stdin.isTTY) return false;
  return rows > 0 && text.split('\n').length >= rows;
}

/**
 * Shows a text in the pager, and waits for its end. False: there is none, and nothing was shown. One that is left early, or
 * that fails later on, is no error.
 */
export async function page(text: string, env: Env): Promise<boolean> {
  const [name = '', ...args] = wanted(env).split(/\s+/u).filter(Boolean);
  // Absolute, so that no program of the working folder is started for it.
  const file = name === '' ? undefined : system.programs.places(name, env).find((place) => isAbsolute(place) && runs(place));
  if (file === undefined || name === 'cat') return false;
  // Ctrl-C is the pager's, and the work is done.
  processInterrupt().release();
  const ignore = (): void => undefined;
  process.on('SIGINT', ignore);
  try {
    return await shownBy(file, args, text, withoutSecrets({ LESS, LV: '-c', ...env }));
  } finally {
    process.off('SIGINT', ignore);
  }
}

const runs = (place: string): boolean => system.programs.isRunnable(place);

/** An empty text is a wish, too: no pager. */
function wanted(env: Env): string {
  return env['BEAMD_PAGER'] ?? env['PAGER'] ?? 'less';
}

function shownBy(file: string, args: readonly string[], text: string, env: Env): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: ['pipe', 'inherit', 'inherit'] });
    child.once('error', () => resolve(false));
    child.once('close', (code) => resolve(!NOT_RUN.includes(code)));
    // It may be left before it has read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(`${text}\n`);
  });
}
