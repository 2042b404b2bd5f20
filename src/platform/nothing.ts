/** A system that has nothing of a kind, or does not tell. */
import type { Descriptors, Limits } from './system.ts';

export const noLimits: Limits = {
  openFiles: () => undefined,
  largestFile: () => '',
  networkNamespace: () => '',
  leaveCoreDumpsEmpty: () => undefined,
};

/** Only the three streams pass to a child. */
export const noDescriptors: Descriptors = {
  closeInherited: () => undefined,
  shieldedStdio: () => ['ignore', 'ignore', 'ignore'],
  ofCaller: () => [],
  stdioWith: () => ['inherit', 'inherit', 'inherit'],
};
