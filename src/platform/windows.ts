/**
 * Windows. Not run yet: only its tests are. What is said here of the system is what libuv's source does there, on which Node
 * stands (src/win/pipe.c, process.c, signal.c and fs.c).
 */
import { constants, statSync } from 'node:fs';
import { win32 } from 'node:path';
import type { Env } from '../environment.ts';
import { noDescriptors, noLimits } from './nothing.ts';
import type { Programs, Signals, System } from './system.ts';
import { hexDigest } from '../text.ts';

/** A variable of an environment that was copied from `process.env`, which alone takes a name in any case. */
function variable(env: Env, name: string): string | undefined {
  const spelled = Object.keys(env).find((each) => each.toUpperCase() === name.toUpperCase());
  return spelled === undefined ? undefined : env[spelled];
}

function systemFolder(env: Env): string {
  return variable(env, 'SystemRoot') ?? 'C:\\Windows';
}

/** Ctrl-C, Ctrl-Break, and the console's end: all that is ever delivered. TERM is only sent, and ends its process at once. */
const CONSOLE = ['SIGINT', 'SIGBREAK', 'SIGHUP'] as const;

const signals: Signals = {
  ending: CONSOLE,
  held: CONSOLE,
  // To each process of the console, and so to a child: sent by us, any of them would end it without a word.
  fromTerminal: new Set(CONSOLE),
  reachedByTerminal: () => true,
  ignoredAtStart: () => new Set(),
  // To send it would end this process without a word.
  interruptSelf: () => void process.emit('SIGINT', 'SIGINT'),
  stopJob: () => undefined,
  ignoring: () => undefined,
};

/** What cmd tries where nothing else is set. */
const EXTENSIONS = '.COM;.EXE;.BAT;.CMD';

/** As cmd looks, but not in the working folder: what a repository holds is not run for having a program's name. */
function places(program: string, env: Env): string[] {
  const extensions = (variable(env, 'PATHEXT') ?? EXTENSIONS).split(';').filter((extension) => extension !== '');
  const folders = (variable(env, 'PATH') ?? '').split(';').map((folder) => folder.replaceAll('"', ''));
  const files = /[\\/:]/.test(program)
    ? [program]
    : folders.filter((folder) => folder !== '').map((folder) => win32.join(folder, program));
  return files.flatMap((file) => [
    ...(win32.extname(program) === '' ? [] : [file]),
    ...extensions.map((extension) => `${file}${extension.toLowerCase()}`),
  ]);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

const programs: Programs = {
  // libuv starts it without a console (DETACHED_PROCESS), and outside of the job that ends with us.
  background: { detached: true, cwd: systemFolder(process.env), windowsHide: true },
  // libuv looks in the working folder first.
  takesPaths: true,
  plainPath: {},
  data: [],
  places,
  // The system starts these; whatever else PATHEXT names is for a shell, and Node refuses to start a batch file without one.
  isRunnable: (path) => /\.(?:com|exe)$/i.test(path) && isFile(path),
  whyNotRunnable: (path) =>
    isFile(path)
      ? { why: 'it is a script, and beamd puts no shell around it', command: `beamd exec -- cmd /c "${path}"` }
      : { why: 'it is a folder', command: `dir "${path}"` },
};

/**
 * Node listens on named pipes only. libuv makes each with FILE_FLAG_FIRST_PIPE_INSTANCE, so of two processes one is told
 * EADDRINUSE, and the system takes the name away with its process. It gives no security descriptor: by default everybody may
 * read a pipe, and only its user, administrators and the system may write to it, without which nobody asks anything.
 */
function pipe(home: string, key: string): string {
  // The same folder may be written in either case.
  const account = `${win32.normalize(home).toLowerCase()}\0${key}`;
  return `\\\\.\\pipe\\beamd-${hexDigest(account, 32)}`;
}

export const windows: System = {
  platform: 'win32',
  processes: {
    // No call of Node's names when another process began, or this machine. So a number proves nothing here, and of a lock's
    // holder only its heartbeat counts.
    startOf: () => '',
    bootId: () => '',
    pidNamespace: () => '0',
  },
  limits: noLimits,
  // Of ours a child gets its streams: what Node opens, it opens so that no child inherits it.
  descriptors: noDescriptors,
  signals,
  programs,
  files: {
    // libuv says 0 of every file's owner, and of the mode only whether it may be written.
    ownUid: () => undefined,
    groupNumber: () => undefined,
    mayGiveTo: () => false,
    umask: () => 0,
    withoutWaiting: constants.O_RDONLY,
    descriptorAt: () => undefined,
  },
  desktop: {
    // Not `cmd /c start`: cmd would read an & in the URL as the start of a second command. By its path, because libuv looks
    // in the working folder first.
    browser: (url, env) => ({
      file: win32.join(systemFolder(env), 'System32', 'rundll32.exe'),
      args: ['url.dll,FileProtocolHandler', url],
    }),
    clipboards: (env) => [{ file: win32.join(systemFolder(env), 'System32', 'clip.exe'), args: [] }],
    mayHaveKeyring: () => true,
    // The old console has a code page and no way to ask for it here; each of these says that it is not the old one.
    showsUnicode: (env) => ['WT_SESSION', 'TERM_PROGRAM', 'ConEmuTask', 'MSYSTEM'].some((name) => Boolean(env[name])),
  },
  sockets: {
    pipe,
    shortPath: () => undefined,
    whoListens: () => 'The Task Manager shows its command line, which ends with the name of the account',
  },
};
