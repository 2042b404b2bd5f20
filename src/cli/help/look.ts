/**
 * Whether oclif would give help its colours. It asks two libraries, `supports-color` and `ansis`, which read the
 * environment each in its own way; what is said here is where both agree, and nothing else.
 */
import { existsSync, fstatSync } from 'node:fs';
import { join } from 'node:path';
import type { Bin } from '../manifest.ts';
import type { Look } from './pages.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Either of the two takes notice of these before it looks at the terminal. */
const DECISIVE = ['CI', 'TEAMCITY_VERSION', 'TF_BUILD'];

/** Terminals with colours by `supports-color`. `ansis` has them at all terminals but these two. */
const COLOURED = /-256(?:color)?$|^screen|^xterm|^vt100|^vt220|^rxvt|color|ansi|cygwin|linux/i;
const PLAIN = /-mono|dumb/i;

/** `terminal`: both standard output and standard error are terminals. Undefined: oclif has to be asked. */
export function lookOf(env: Env, terminal: () => boolean): Look | undefined {
  if ('FORCE_COLOR' in env) return undefined;
  if (!terminal() || env['NO_COLOR'] || env['TERM'] === 'dumb') return 'plain';
  const known = COLOURED.test(env['TERM'] ?? '') && !PLAIN.test(env['TERM'] ?? '');
  return known && !DECISIVE.some((name) => name in env) ? 'coloured' : undefined;
}

/** Whether oclif may find colours of the user's own: it reads a theme from the user's configuration. */
export function mayHaveTheme(bin: Bin, env: Env): boolean {
  const base = env['XDG_CONFIG_HOME'] ?? (env['HOME'] && join(env['HOME'], '.config'));
  return !base || env[`${bin.toUpperCase()}_CONFIG_DIR`] !== undefined || existsSync(join(base, bin, 'theme.json'));
}

/** Whether standard output and standard error both are terminals. */
export function onTerminal(): boolean {
  // A pipe or a file is none, which is known without `node:tty`: that takes 2 ms to load.
  if (![1, 2].every((descriptor) => fstatSync(descriptor).isCharacterDevice())) return false;
  const { isatty } = process.getBuiltinModule('node:tty');
  return isatty(1) && isatty(2);
}
