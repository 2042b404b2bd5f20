/**
 * The descriptors that this process was started with, 0 to 2 apart. Node closes those up to the first gap past 15 in what
 * it starts, and leaves those above it open: so what `beamd exec` runs would lack some of its caller's, and an agent would
 * hold others for its whole life.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { STANDALONE } from '../programs.ts';
import type { CallerDescriptor, Descriptors } from './system.ts';

const FOLDER = '/proc/self/fd';

/** Close on exec, among the flags that /proc shows. Node has no name for it. */
const CLOEXEC = 0o2_000_000;

/** What Node opens for its event loops. */
const LOOP = new Set(['anon_inode:[eventpoll]', 'anon_inode:[eventfd]', 'anon_inode:[io_uring]']);

/** Larger numbers are left to the program that is started: a list of so many would take long. */
const HIGHEST = 65_536;

interface Descriptor {
  readonly fd: number;
  /** What it leads to: `pipe:[1234]`, a path. */
  readonly target: string;
  readonly flags: number;
  /** Numbers that it watches, if it is an epoll. */
  readonly watches: readonly number[];
}

function openDescriptors(): Descriptor[] {
  let names: readonly string[];
  try {
    names = readdirSync(FOLDER);
  } catch {
    return [];
  }
  return names.map(Number).flatMap((fd) => (fd > 2 ? (look(fd) ?? []) : []));
}

/** Undefined for one that is closed by now, such as that of the listing. */
function look(fd: number): Descriptor | undefined {
  try {
    const target = readlinkSync(`${FOLDER}/${fd}`);
    const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1');
    const flags = parseInt(/^flags:\s*([0-7]+)/m.exec(info)?.[1] ?? '0', 8);
    const watches = Array.from(info.matchAll(/^tfd:\s*(\d+)/gm), ([, number]) => Number(number));
    return { fd, target, flags, watches };
  } catch {
    return undefined;
  }
}

const closesOnExec = ({ flags }: Descriptor): boolean => (flags & CLOEXEC) !== 0;

/** Those that every program we start would get. All that Node opens for itself is closed on exec. */
function inherited(): number[] {
  return openDescriptors()
    .filter((each) => !closesOnExec(each))
    .map(({ fd }) => fd);
}

function closeInherited(): void {
  for (const fd of inherited()) {
    try {
      closeSync(fd);
    } catch {
      // Gone already.
    }
  }
}

/** /dev/null in place of each. */
function shieldedStdio(): ('ignore' | number)[] {
  const held = new Set(inherited().filter((fd) => fd < HIGHEST));
  if (held.size === 0) return ['ignore', 'ignore', 'ignore'];
  const nothing = openSync('/dev/null', constants.O_RDWR);
  return Array.from({ length: Math.max(...held) + 1 }, (_, fd) => (held.has(fd) ? nothing : 'ignore'));
}

/** Node has marked what a child would not get to be closed, and Bun leaves a child only what it is given. */
function callerDescriptors(): CallerDescriptor[] {
  const all = openDescriptors();
  const unmarked = STANDALONE === undefined ? [] : all.filter((each) => !closesOnExec(each));
  return [...unmarked, ...callersOwn(all.filter(closesOnExec))].filter(({ fd }) => fd < HIGHEST);
}

/** Under Node, what is not marked passes anyway. */
function passedStdio(descriptors: readonly CallerDescriptor[]): ('inherit' | 'ignore' | number)[] {
  const stdio: ('inherit' | 'ignore' | number)[] = ['inherit', 'inherit', 'inherit'];
  for (const { fd, target } of descriptors) {
    // Closed since, or another by now, as what a file was read from is.
    if (look(fd)?.target !== target) continue;
    // Above 2, 'ignore' leaves a number as it is.
    while (stdio.length <= fd) stdio.push('ignore');
    stdio[fd] = fd;
  }
  return stdio;
}

/**
 * The caller's are marked as those of Node or Bun itself are: told apart are its event loops, and the pipes they speak to
 * themselves by, which Bun does not have.
 */
function callersOwn(marked: readonly Descriptor[]): Descriptor[] {
  const watched = new Set(marked.flatMap(({ watches }) => watches));
  const pipes = STANDALONE === undefined ? loopPipes(marked) : new Set();
  return marked.filter(({ fd, target }) => !LOOP.has(target) && !watched.has(fd) && !pipes.has(target));
}

/**
 * Pipes with both ends here. Those of an event loop never wait, at neither end; one for all loops together waits at both. A
 * caller's may do so too: ours was made right before the loops', which its number shows. (Of make's job server one end waits.)
 */
function loopPipes(marked: readonly Descriptor[]): Set<string> {
  const loops = ownPipes(marked, constants.O_NONBLOCK);
  const numbers = loops.map(pipeNumber);
  const distance = (target: string): number => {
    const number = pipeNumber(target);
    return Math.min(...numbers.filter((each) => each > number).map((each) => each - number));
  };
  const begun = Math.min(...loops.map((target) => untouchedUntil(marked, target)));
  const candidates = ownPipes(marked, 0);
  // One that is older than the loops is the caller's: numbers are given out by each processor for itself, and can mislead.
  const young = candidates.filter((target) => untouchedUntil(marked, target) >= begun);
  const [lock] = (young.length > 0 ? young : candidates).toSorted((one, other) => distance(one) - distance(other));
  return new Set(lock === undefined ? loops : [...loops, lock]);
}

/** A pipe was made no later than this, milliseconds since 1970: it has the times of its making, its last reading and writing. */
function untouchedUntil(marked: readonly Descriptor[], target: string): number {
  const fd = marked.find((each) => each.target === target)?.fd;
  if (fd === undefined) return Infinity;
  const { atimeMs, mtimeMs, ctimeMs } = fstatSync(fd);
  return Math.min(atimeMs, mtimeMs, ctimeMs);
}

/** The pipes with both ends here, of which both wait (0) or neither does (O_NONBLOCK). */
function ownPipes(marked: readonly Descriptor[], waiting: number): string[] {
  const ends = marked.filter(({ target, flags }) => target.startsWith('pipe:') && (flags & constants.O_NONBLOCK) === waiting);
  const reading = ends.filter(({ flags }) => (flags & constants.O_WRONLY) === 0);
  return reading
    .filter(({ target, fd }) => ends.some((end) => end.target === target && end.fd !== fd))
    .map(({ target }) => target);
}

function pipeNumber(target: string): number {
  return Number(/\d+/.exec(target)?.[0]);
}

export const linuxDescriptors: Descriptors = {
  closeInherited,
  shieldedStdio,
  ofCaller: callerDescriptors,
  stdioWith: passedStdio,
};
