/**
 * Where we run: all that operating systems do differently, and which of them this is. It is loaded by every command, so a
 * twin imports little, and nothing heavy before it is asked.
 */
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

/** An operating system. */
export interface System {
  /** As Node names it. */
  readonly platform: NodeJS.Platform;
  readonly processes: Processes;
  readonly limits: Limits;
}

/** The twin of a platform. What is neither Linux nor Windows is treated as macOS: as a Unix without /proc. */
export function systemOf(platform: NodeJS.Platform): System {
  if (platform === 'win32') return windows;
  return platform === 'linux' ? linux : macos;
}

/** The one we run on. */
export const system: System = systemOf(process.platform);
