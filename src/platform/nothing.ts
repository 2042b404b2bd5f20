/** What a system says that tells nothing of the kind. */
import type { Limits } from './system.ts';

export const noLimits: Limits = {
  openFiles: () => undefined,
  largestFile: () => '',
  networkNamespace: () => '',
  leaveCoreDumpsEmpty: () => undefined,
};
