/** What this process was started with, and changes or can no longer see later on: what `beamd exec` runs gets it as it was. */
import type { Env } from '../../environment.ts';
import { system, type CallerDescriptor } from '../../platform/system.ts';
import { closeDebugger } from './debugger.ts';

export interface AtStart {
  readonly umask: number;
  /** Signals that were ignored. */
  readonly ignored: ReadonlySet<NodeJS.Signals>;
  /** Descriptors of the caller that a child must be given by number. Looked for only if there is to be a child. */
  readonly descriptors: readonly CallerDescriptor[];
}

/** The owner's part of a umask. With it, folders of ours would be such that we could not enter them again. */
const OWNER = 0o700;

let noted: AtStart | undefined;

/** Notes how things are, and opens to the owner what this process makes. To be called first, before a stream is opened. */
export function noteStart(argv: readonly string[], env: Env): AtStart {
  const umask = system.files.umask(0o077);
  system.files.umask(umask & ~OWNER);
  return takeOver({
    umask,
    ignored: system.signals.ignoredAtStart(env),
    descriptors: argv.includes('exec') ? descriptorsToPass() : [],
  });
}

function descriptorsToPass(): CallerDescriptor[] {
  // Its port would be taken for the caller's, and passed on.
  closeDebugger();
  return system.descriptors.ofCaller();
}

/** Uses what another program of ours has noted in this process. */
export function takeOver(start: AtStart): AtStart {
  noted = start;
  return start;
}

/** As it was noted; where nothing was, as a test runs: nothing is ignored, and nothing is passed on. */
export function atStart(): AtStart {
  return noted ?? { umask: 0o077, ignored: new Set(), descriptors: [] };
}

/** Does something, such as starting a program, under the umask of the caller. */
export function withCallersUmask<T>(work: () => T): T {
  const ours = system.files.umask(atStart().umask);
  try {
    return work();
  } finally {
    system.files.umask(ours);
  }
}
