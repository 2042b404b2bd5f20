/**
 * Where we run: all that operating systems do differently, and which of them this is. It is loaded by every command, so a
 * twin imports little, and nothing heavy before it is asked.
 */
import type { Env } from '../environment.ts';
import { linux } from './linux.ts';
import { macos } from './macos.ts';
import { windows } from './windows.ts';

/** What tells one process from another that has its number later, or elsewhere. */
export interface Processes {
  /** When a process began, in the system's own notation: undefined if it is gone (or a zombie), '' if the system does not say. */
  startOf(pid: number): string | undefined;
  /** Names the time since this machine was started: '' if the system does not say. */
  bootId(): string;
  /** Names those among whom a pid means something: '0' where all processes of a machine are. */
  pidNamespace(): string;
}

/** What this process is held to by those who started it. */
export interface Limits {
  /** `ulimit -n`, which Node has raised as far as it may; undefined if the system does not say. */
  openFiles(): number | undefined;
  /** `ulimit -f`: '' if the system does not say. */
  largestFile(): string;
  /** Names the network that this process sees: '' where there is one for all. */
  networkNamespace(): string;
  /**
   * Leaves everything of this process's memory out of its core dumps, and so of those of what it starts: tokens are in it.
   * Where the system cannot do that, the limits of the user's shell decide.
   */
  leaveCoreDumpsEmpty(): void;
}

/** A descriptor of the caller, and what it leads to: `pipe:[1234]`, a path. */
export interface CallerDescriptor {
  readonly fd: number;
  readonly target: string;
}

/** Descriptors above 2, which a process has from whoever started it. */
export interface Descriptors {
  /** Closes what a background program was given beyond its three streams: somebody's lock, the end of somebody's pipe. */
  closeInherited(): void;
  /** No streams, and nothing inherited, for a program that is not ours and will outlive us. */
  shieldedStdio(): ('ignore' | number)[];
  /**
   * What the caller opened and a child would not get by itself. To be asked before anything else is opened here: later the
   * two cannot be told apart.
   */
  ofCaller(): CallerDescriptor[];
  /** Our three streams and these descriptors, each under its own number. */
  stdioWith(descriptors: readonly CallerDescriptor[]): ('inherit' | 'ignore' | number)[];
}

/** What asks a process to end, and comes from its terminal. */
export interface Signals {
  /** Those that end a command: asked nicely first, then for good. */
  readonly ending: readonly NodeJS.Signals[];
  /** Those that are for the child while there is one, and do not end this process. */
  readonly held: readonly NodeJS.Signals[];
  /** Those that a terminal sends to everybody in front of it. */
  readonly fromTerminal: ReadonlySet<NodeJS.Signals>;
  /** Whether the terminal itself sends its signals to a process; undefined if the system does not say. */
  reachedByTerminal(pid: number): boolean | undefined;
  /** What this process was told to ignore when it was started (`nohup`, `trap ''`). */
  ignoredAtStart(env: Env): ReadonlySet<NodeJS.Signals>;
  /** Has this process do what it does on Ctrl-C. */
  interruptSelf(): void;
  /** Stops all that was started along with this process, as Ctrl-Z does; does nothing where there is no such thing. */
  stopJob(): void;
  /** The command that starts this one with some signals ignored; undefined if there is no such way. */
  ignoring(signals: ReadonlySet<NodeJS.Signals>, command: readonly string[]): string[] | undefined;
}

/** Who may do what with a file. */
export interface Files {
  /** This user's number as the owner of a file; undefined where files belong to the access list of their folder. */
  ownUid(): number | undefined;
  /** The number of a group, by its name or as it is; undefined where there is none. */
  groupNumber(name: string): number | undefined;
  /** Whether this process may give its files to a group. */
  mayGiveTo(group: number): boolean;
  /** Sets which rights new files lack, and returns which they lacked before. */
  umask(mask: number): number;
  /** Flags with which a file is opened for reading without waiting for whoever writes it. */
  readonly withoutWaiting: number;
  /** The number of the descriptor that a path is another name of. */
  descriptorAt(path: string): number | undefined;
}

/** How programs are found and started. */
export interface Programs {
  /** How one is started that outlives us and our terminal, and holds on to no folder. */
  readonly background: { readonly detached: true; readonly cwd: string; readonly windowsHide: true };
  /** Whether a program is to be started by its path: by its name it would also be looked for in the working folder. */
  readonly takesPaths: boolean;
  /** `PATH` as it leads to the system's own programs alone; empty where a process cannot do with that. */
  readonly plainPath: Readonly<Record<string, string>>;
  /** Folders that all users of this machine share, in which programs put what others look for. */
  readonly data: readonly string[];
  /** Where the file of a program may be, in the order in which it is looked for. */
  places(program: string, env: Env): string[];
  /** Whether a file is there that can be started. */
  isRunnable(path: string): boolean;
  /** Why a file that is there cannot be started, and the command that shows it or does it otherwise. */
  whyNotRunnable(path: string): { readonly why: string; readonly command: string };
}

/** A program and its arguments. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** What stands between us and the person. */
export interface Desktop {
  /** What the system opens a URL with, if it has a screen to do that on. */
  browser(url: string, env: Env): Command | undefined;
  /** What may put its standard input into the clipboard, the likeliest first. */
  clipboards(env: Env): readonly Command[];
  /** Whether there may be a keyring: where not, nobody is asked. */
  mayHaveKeyring(env: Env): boolean;
  /** Whether what is printed may hold more than ASCII, by what the surroundings say of the terminal and the locale. */
  showsUnicode(env: Env): boolean;
}

/** Where processes of this machine meet. */
export interface Sockets {
  /** The name of the pipe where the agent of an account listens. Absent where a socket is a file, which has a folder and an owner. */
  readonly pipe?: (home: string, key: string) => string;
  /** Another path of a folder that is open, short enough for any socket in it; undefined if there is none. */
  shortPath(descriptor: number): string | undefined;
  /** How a person sees which process listens somewhere. */
  whoListens(socket: string): string;
}

/** An operating system. */
export interface System {
  /** As Node names it. */
  readonly platform: NodeJS.Platform;
  readonly processes: Processes;
  readonly limits: Limits;
  readonly descriptors: Descriptors;
  readonly signals: Signals;
  readonly programs: Programs;
  readonly files: Files;
  readonly desktop: Desktop;
  readonly sockets: Sockets;
}

/** The twin of a platform. What is neither Linux nor Windows is treated as macOS: as a Unix without /proc. */
export function systemOf(platform: NodeJS.Platform): System {
  if (platform === 'win32') return windows;
  return platform === 'linux' ? linux : macos;
}

/** The one we run on. */
export const system: System = systemOf(process.platform);
