/** Help and `--version` without oclif: the build has rendered the pages with it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../version.ts';
import { routeArgv } from '../argv.ts';
import type { Bin } from '../manifest.ts';
import { writeAtOnce } from '../write-at-once.ts';
import { lookOf, mayHaveTheme, onTerminal } from './look.ts';
import { pagesFile, splitPages, USER_AGENT } from './pages.ts';
import type { Look } from './pages.ts';
import { wantedHelp } from './wanted.ts';

/** Who runs, in one line. */
function userAgent(bin: Bin): string {
  return `${bin}/${VERSION} ${process.platform}-${process.arch} node-${process.version}`;
}

/** The help that this command line asks for. Undefined: none, or oclif has to render it, or to say what is wrong. */
export function findPage(bin: Bin, argv: readonly string[], look: Look, folder = import.meta.dirname): string | undefined {
  const pages = splitPages(readFileSync(join(folder, pagesFile(bin, look)), 'utf8'));
  const route = routeArgv(argv, (id) => pages.has(`command ${id}`), bin === 'beamd');
  const id = wantedHelp(argv, route, (word) => pages.has(`topic ${word}`));
  if (id === undefined) return undefined;
  if (id !== '') return pages.get(`command ${id}`) ?? pages.get(`topic ${id}`);
  return isNamedOtherwise() ? undefined : pages.get('root')?.replace(USER_AGENT, userAgent(bin));
}

/** Whether oclif may have another name for the platform than Node: `wsl` for Linux on Windows, `x86` for `ia32`. */
function isNamedOtherwise(): boolean {
  if (process.arch === 'ia32') return true;
  if (process.platform !== 'linux') return false;
  const windows = ['/proc/sys/fs/binfmt_misc/WSLInterop', '/run/WSL'].some((path) => existsSync(path));
  return windows || /microsoft/i.test(readFileSync('/proc/version', 'utf8'));
}

function textFor(bin: Bin, argv: readonly string[]): string | undefined {
  if (argv[0] === '--version' || argv[0] === '-v') return `${userAgent(bin)}\n`;
  // Windows has other colours, and such a word may be about them.
  if (process.platform === 'win32' || argv.some((word) => word.includes('color'))) return undefined;
  const { env } = process;
  const look = lookOf(env, onTerminal);
  return look === undefined || (look === 'coloured' && mayHaveTheme(bin, env)) ? undefined : findPage(bin, argv, look);
}

/** Prints what the command line asks for, if it is help that was rendered or the version. False: nothing was printed. */
export async function quickHelp(bin: Bin, argv: readonly string[]): Promise<boolean> {
  let text: string | undefined;
  try {
    text = textFor(bin, argv);
  } catch {
    // Without its pages the installation still has oclif.
  }
  if (text === undefined) return false;
  const rest = writeAtOnce(Buffer.from(text));
  if (rest.length > 0) {
    const { writePatiently } = await import('../write-patiently.ts');
    await writePatiently(argv, rest);
  }
  return true;
}
